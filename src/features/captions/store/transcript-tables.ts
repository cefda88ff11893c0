import sql, { type Sql } from 'sql-template-tag';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { memories } from '#src/features/memories/memory-store.ts';
import {
  channelId,
  guildId,
  id,
  instant,
  integer,
  json,
  key,
  messageId,
  optional,
  personId,
  type RowOf,
  reference,
  terms,
  text,
  yes,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { columnList, type Table, table } from '#src/sql/table.ts';
import { termsOf } from './word-index.ts';

/** Columns of a `TranscriptSession`. */
export const sessionColumns = {
  id,
  guildId,
  channelId,
  channelName: text,
  placeId: channelId,
  startedAtWallMs: instant,
  endedAtWallMs: optional(instant),
};

export const sessions = table(
  'sessions',
  { key, ...sessionColumns },
  {
    key: ['key'],
    unique: ['(id)'],
    indexes: {
      sessions_by_guild: '(guild_id, key)',
      sessions_by_channel: '(guild_id, channel_id, key)',
      open_sessions: '(key) WHERE ended_at_wall_ms IS NULL',
    },
    person: [],
    server: 'delete',
  },
);

/** Columns of a line as `lineOf` reads them. */
export const lineColumns = {
  id: key,
  personId: optional(personId),
  name: text,
  startMs: instant,
  endMs: instant,
  text,
  isCut: optional(yes),
  isBrief: optional(yes),
  language: optional(text),
  postChannelId: optional(channelId),
  postMessageId: optional(messageId),
  answeredIds: optional(json<readonly string[]>()),
};

/**
 * Lines. The id of one is the key of its session times 2^22, plus its number: so the index of words tells sessions apart, and
 * the newest line has the highest id. `terms` are its words for the index.
 */
export const lines = table(
  'lines',
  { ...lineColumns, session: reference, terms: optional(terms) },
  {
    key: ['id'],
    indexes: {
      lines_by_session: '(session, start_ms)',
      lines_by_person: '(person_id) WHERE person_id IS NOT NULL',
      lines_by_message: '(post_message_id) WHERE post_message_id IS NOT NULL',
      brief_lines: '(id) WHERE is_brief = TRUE',
    },
    person: 'erase-line',
    server: 'erase-line',
  },
);

/** Columns of a `CaptionMessage`. */
export const messageColumns = {
  messageId,
  channelId,
  guildId,
  sessionId: id,
  postedAtWallMs: instant,
};

/** Messages that show captions. `outdated` counts the erasures that touched one since it last showed what it should. */
export const captionMessages = table(
  'caption_messages',
  { ...messageColumns, outdated: integer },
  {
    key: ['messageId'],
    indexes: {
      outdated_messages: '(posted_at_wall_ms) WHERE outdated > 0',
      messages_by_session: '(session_id)',
    },
    person: [],
    server: 'delete',
  },
);

/** All tables of transcripts, in both databases. */
export const tables: readonly Table[] = [lines, sessions, captionMessages, memories];

/** Ids that one session has for its lines. */
export const idsPerSession = 2 ** 22;

/** Number of a line in its session. */
export function numberOf(id: number): number {
  return id % idsPerSession;
}

export function sessionKeyOf(id: number): number {
  return Math.floor(id / idsPerSession);
}

/** Lines `l` of sessions `s` that fit `rest`: SQL of a condition and an order. */
export async function selectLines(
  connection: Connection,
  rest: Sql,
): Promise<readonly TranscriptLine[]> {
  const rows = await connection.rows(
    { ...lineColumns, sessionId: id },
    sql`SELECT ${columnList(lineColumns, 'l.')}, s.id AS session_id
      FROM lines l JOIN sessions s ON s.key = l.session ${rest}`,
  );
  return rows.map(({ sessionId, ...row }) => lineOf(row, sessionId));
}

export function lineOf(row: RowOf<typeof lineColumns>, sessionId: string): TranscriptLine {
  const { id, personId, name, answeredIds = [], postChannelId, postMessageId, ...rest } = row;
  const speaker =
    personId === undefined
      ? ({ kind: 'bot', name, answeredIds } as const)
      : ({ kind: 'person', personId, name } as const);
  const line = { ...rest, sessionId, number: numberOf(id), speaker };
  if (postChannelId === undefined || postMessageId === undefined) return line;
  return { ...line, post: { channelId: postChannelId, messageId: postMessageId } };
}

/** Row of a line of the session with this key. */
export function lineRow(
  line: TranscriptLine,
  { guildId, key: session }: { readonly guildId: GuildId; readonly key: number },
): RowOf<typeof lines.columns> {
  const { speaker, post, number, sessionId, ...rest } = line;
  return {
    ...rest,
    id: session * idsPerSession + number,
    session,
    terms: termsOf(guildId, line.text),
    name: speaker.name,
    personId: speaker.kind === 'person' ? speaker.personId : undefined,
    answeredIds: speaker.kind === 'bot' ? speaker.answeredIds : undefined,
    postChannelId: post?.channelId,
    postMessageId: post?.messageId,
  };
}
