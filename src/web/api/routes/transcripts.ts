import { z } from 'zod';
import type { ChannelId } from '#src/base/ids.ts';
import { programTranscriptFormats } from '#src/features/captions/files/transcript-file.ts';
import type { Owned } from '#src/people/owned.ts';
import type { ListedSession } from '#src/stores/transcripts/transcript-line.ts';
import { createRefusal } from '#src/web/api/api-refusal.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';

const types = {
  json: 'application/json',
  diarized_json: 'application/json',
  srt: 'application/x-subrip; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/** `GET /v1/servers/{server}/transcripts`: lists the transcripts that the token may read. */
export const listTranscripts: ApiRoute = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts',
  scope: 'transcript',
  summary: 'Lists the sessions whose transcripts the token may read.',
  async run({ guildId, ports, token: { channelIds = [] } }) {
    const sessions = await ports.features.transcripts.listSessions(guildId, channelIds);
    if (!sessions) throw createUnreadRefusal();
    const readable = sessions.flatMap((session) => openForToken(session, channelIds));
    return { sessions: readable.map(toListedSession) };
  },
});

/** `GET /v1/servers/{server}/transcripts/{session}`: reads one transcript. */
export const readTranscript: ApiRoute = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/transcripts/{session}',
  scope: 'transcript',
  summary: 'Reads the transcript of a session; the last one is `last`.',
  params: z.object({
    session: z.string().min(1).max(64),
  }),
  query: z.object({
    format: z.enum(programTranscriptFormats).default('json'),
  }),
  async run({ guildId, ports, token, params: { session }, query: { format } }) {
    const { channelIds = [] } = token;
    const outcome = await ports.features.transcripts.createFile(guildId, channelIds, {
      format,
      sessionId: session === 'last' ? undefined : session,
    });
    if (outcome.kind === 'failed') throw createUnreadRefusal();
    const [transcript] =
      outcome.kind === 'file' ? openForToken(outcome.transcript, channelIds) : [];
    if (!transcript)
      throw createRefusal(
        404,
        'transcript.none',
        'There is no such transcript: none in the channels of this token.',
      );
    return new Response(transcript.file.text, {
      headers: { 'content-type': types[format] },
    });
  },
});

/** Opens a value of one of the channels that a token names. */
function openForToken<Value>(value: Owned<Value>, channelIds: readonly ChannelId[]) {
  const opened = channelIds.map((channelId) => value.findForPlace(channelId));
  return opened.filter((each) => each !== undefined);
}

function createUnreadRefusal() {
  return createRefusal(
    503,
    'store.unreadable',
    'Transcripts cannot be read at the moment: try again.',
  );
}

function toListedSession(session: ListedSession) {
  const { startedAtWallMs, endedAtWallMs } = session;
  const toIsoTime = (ms: number) => new Date(ms).toISOString();
  return {
    id: session.id,
    channelId: session.channelId,
    channelName: session.channelName,
    startedAt: toIsoTime(startedAtWallMs),
    endedAt: endedAtWallMs && toIsoTime(endedAtWallMs),
    lines: session.lineCount,
  };
}
