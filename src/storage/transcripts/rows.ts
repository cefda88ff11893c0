import type {
  MessagePlace,
  Presence,
  TranscriptLine,
  TranscriptSession,
  TranscriptWord,
} from '#src/captions/transcript-line.ts';
import type { CaptionMessage, ResumableSession } from '#src/captions/transcript-store.ts';

export type Row = Readonly<Record<string, unknown>>;

/** Lines of a resumed session that are told, in ms before the last one. */
export const resumedMs = 15 * 60_000;

/** Ids that one session has for its lines. */
const idsPerSession = 2 ** 22;

export function lineId(sessionKey: number, number: number): number {
  if (!Number.isInteger(number) || number < 1 || number >= idsPerSession)
    throw new RangeError(`A line has a number from 1 to ${idsPerSession - 1}, not ${number}.`);
  return sessionKey * idsPerSession + number;
}

export function sessionKeyOf(id: number): number {
  return Math.floor(id / idsPerSession);
}

/** Lowest and highest id that lines of a session may have. */
export function idsOf(sessionKey: number): readonly [number, number] {
  return [sessionKey * idsPerSession, (sessionKey + 1) * idsPerSession - 1];
}

/** SQL of a line with all that `lineOf` reads. */
export const lineColumns = `lines.*, (
  SELECT json_group_array(person_id ORDER BY place) FROM answered WHERE line = lines.id
) AS answered_ids, (
  SELECT json_group_array(
    json_object('channelId', channel_id, 'messageId', message_id) ORDER BY place
  ) FROM more_posts WHERE line = lines.id
) AS more_posts`;

export function sessionOf(row: Row): TranscriptSession {
  return {
    id: String(row.id),
    guildId: String(row.guild_id),
    channelId: String(row.channel_id),
    channelName: String(row.channel_name),
    placeId: String(row.place_id),
    startedAtWallMs: Number(row.started_at_ms),
    ...(row.ended_at_ms !== null && { endedAtWallMs: Number(row.ended_at_ms) }),
    catchUp: row.catch_up === 1,
  };
}

export function lineOf(row: Row, sessionId: string): TranscriptLine {
  const post = postOf(row);
  const morePosts: readonly MessagePlace[] = JSON.parse(String(row.more_posts)); // made by SQLite of columns of text
  return {
    sessionId,
    number: Number(row.id) % idsPerSession,
    speaker: speakerOf(row),
    startMs: Number(row.start_ms),
    endMs: Number(row.end_ms),
    text: String(row.text),
    ...(row.is_cut === 1 && { isCut: true }),
    ...(row.language !== null && { language: String(row.language) }),
    ...(row.words !== null && { words: wordsIn(String(row.words)) }),
    ...(row.confidence !== null && { confidence: Number(row.confidence) }),
    ...(post && { post }),
    ...(morePosts.length > 0 && { morePosts }),
    ...(row.is_brief === 1 && { isBrief: true }),
  };
}

export function presenceOf(row: Row, sessionId: string): Presence {
  return {
    sessionId,
    personId: String(row.person_id),
    fromMs: Number(row.from_ms),
    ...(row.to_ms !== null && { toMs: Number(row.to_ms) }),
  };
}

/** A session as it was left, of its last lines and its presences. */
export function resumableOf(
  row: Row,
  lines: readonly TranscriptLine[],
  presences: readonly Presence[],
): ResumableSession {
  const ends = [...lines.map(({ endMs }) => endMs), ...presences.map(({ toMs = 0 }) => toMs)];
  const lastMs = ends.reduce((latest, endMs) => Math.max(latest, endMs), 0);
  const lastNumber = Number(row.last_number);
  return { session: sessionOf(row), lastNumber, lastMs, lines, presences };
}

export function captionMessageOf(row: Row): CaptionMessage {
  return {
    channelId: String(row.channel_id),
    messageId: String(row.message_id),
    guildId: String(row.guild_id),
    sessionId: String(row.session_id),
    postedAtWallMs: Number(row.posted_at_ms),
  };
}

function speakerOf(row: Row): TranscriptLine['speaker'] {
  const name = String(row.name);
  if (row.person_id !== null) return { kind: 'person', personId: String(row.person_id), name };
  const answeredIds: readonly string[] = JSON.parse(String(row.answered_ids)); // made by SQLite of a column of text
  return { kind: 'bot', name, answeredIds };
}

function postOf({ post_channel_id: channel, post_message_id: message }: Row) {
  if (message === null) return undefined;
  return { channelId: String(channel), messageId: String(message) } satisfies MessagePlace;
}

/** Words as the writer put them. */
function wordsIn(json: string): readonly TranscriptWord[] {
  return JSON.parse(json);
}
