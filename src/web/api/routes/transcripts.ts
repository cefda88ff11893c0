import { z } from 'zod';
import {
  type TranscriptFormat,
  transcriptFormats,
} from '#src/features/captions/files/transcript-file.ts';
import type { ListedSession } from '#src/features/captions/transcript-line.ts';
import { createRefusal } from '#src/web/api/api-refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';

const types: Readonly<Record<TranscriptFormat, string>> = {
  json: 'application/json',
  srt: 'application/x-subrip; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

export const listTranscripts = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts',
  scope: 'transcript',
  async run({ guildId, ports, token: { channelIds = [] } }) {
    const sessions = await ports.features.transcripts.listSessions(guildId, channelIds);
    if (!sessions) throw createUnreadRefusal();
    return { sessions: sessions.map(toListedSession) };
  },
});

export const readTranscript = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts/{session}',
  scope: 'transcript',
  params: z.object({
    session: z.string().min(1).max(64),
  }),
  query: z.object({
    format: z.enum(transcriptFormats).default('json'),
  }),
  async run({ guildId, ports, token, params: { session }, query: { format } }) {
    const request = { format, sessionId: session === 'last' ? undefined : session };
    const transcripts = ports.features.transcripts;
    const found = await transcripts.createFile(
      guildId,
      token.channelIds ?? [],
      request,
    );
    if (found.kind === 'failed') throw createUnreadRefusal();
    if (found.kind !== 'file') {
      const why = 'There is no such transcript: none in the channels of this token.';
      throw createRefusal(404, 'transcript.none', why);
    }
    const headers = { 'content-type': types[format] };
    return new Response(found.file.text, { headers });
  },
});

function createUnreadRefusal() {
  return createRefusal(
    503,
    'store.unreadable',
    'Transcripts cannot be read at the moment: try again.',
  );
}

function toListedSession(session: ListedSession) {
  const { id, channelId, channelName, startedAtWallMs, endedAtWallMs, lineCount } =
    session;
  const toIsoTime = (ms: number) => new Date(ms).toISOString();
  return {
    id,
    channelId,
    channelName,
    startedAt: toIsoTime(startedAtWallMs),
    endedAt: endedAtWallMs && toIsoTime(endedAtWallMs),
    lines: lineCount,
  };
}
