import { z } from 'zod';
import {
  type TranscriptFormat,
  transcriptFormats,
} from '#src/features/captions/files/transcript-file.ts';
import type { ListedSession } from '#src/features/captions/transcript-store-types.ts';
import { refusal } from '#src/web/api/refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';

const listed = z.object({
  id: z.string(),
  channelId: z.string(),
  channelName: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional().meta({ description: 'Absent: it goes on.' }),
  lines: z.int(),
});
const types: Readonly<Record<TranscriptFormat, string>> = {
  json: 'application/json',
  srt: 'application/x-subrip; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

export const listTranscripts = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts',
  id: 'listTranscripts',
  summary:
    'Lists the latest 25 sessions with kept lines in the channels that the token was made for.',
  scope: 'transcript',
  response: {
    description: 'Sessions, newest first.',
    content: { 'application/json': z.object({ sessions: z.array(listed) }) },
  },
  refusals: [503],
  async run({ guildId, ports, token: { channelIds = [] } }) {
    const sessions = await ports.features.transcripts.sessions(guildId, channelIds);
    if (!sessions) throw unread();
    return { sessions: sessions.map(listedSession) };
  },
});

export const readTranscript = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts/{session}',
  id: 'readTranscript',
  summary:
    'Reads one session, or the last one: what captions kept in the channels that the token was made for.',
  scope: 'transcript',
  params: z.object({
    session: z.string().min(1).max(64).meta({ description: 'Id of a session, or last.' }),
  }),
  query: z.object({
    format: z.enum(transcriptFormats).default('json'),
  }),
  response: {
    description:
      'The file, as docs/transcripts.md describes it (JSON: docs/transcript.schema.json).',
    content: {
      'application/json': z.record(z.string(), z.unknown()),
      'text/plain': 'text',
      'application/x-subrip': 'text',
    },
  },
  refusals: [404, 503],
  async run({ guildId, ports, token, params: { session }, query: { format } }) {
    const request = { format, ...(session !== 'last' && { sessionId: session }) };
    const transcripts = ports.features.transcripts;
    const found = await transcripts.file(guildId, token.channelIds ?? [], request);
    if (found.kind === 'unread') throw unread();
    if (found.kind !== 'file') {
      const why = 'There is no such transcript: none in the channels of this token.';
      throw refusal(404, 'transcript.none', why);
    }
    const headers = { 'content-type': types[format] };
    return new Response(found.file.text, { headers });
  },
});

function unread() {
  return refusal(503, 'store.unreadable', 'Transcripts cannot be read at the moment: try again.');
}

function listedSession(session: ListedSession): z.output<typeof listed> {
  const { id, channelId, channelName, startedAtWallMs, endedAtWallMs, lineCount } = session;
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    id,
    channelId,
    channelName,
    startedAt: time(startedAtWallMs),
    ...(endedAtWallMs !== undefined && { endedAt: time(endedAtWallMs) }),
    lines: lineCount,
  };
}
