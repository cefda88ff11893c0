import sql, { type Sql } from 'sql-template-tag';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { memoriesTable } from '#src/features/memories/memory-store.ts';
import {
  channelId,
  guildId,
  id,
  instant,
  integer,
  json,
  key,
  messageId,
  personId,
  type RowOf,
  reference,
  terms,
  text,
  toOptional,
  yes,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { defineTable, type Table, toColumnList } from '#src/sql/table.ts';
import { toIndexTerms } from './word-index.ts';

/** Columns of a `TranscriptSession`. */
export const sessionColumns = {
  id,
  guildId,
  channelId,
  channelName: text,
  placeId: channelId,
  startedAtWallMs: instant,
  endedAtWallMs: toOptional(instant),
};

export const sessionsTable = defineTable(
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
  personId: toOptional(personId),
  name: text,
  startMs: instant,
  endMs: instant,
  text,
  isCut: toOptional(yes),
  isBrief: toOptional(yes),
  language: toOptional(text),
  postChannelId: toOptional(channelId),
  postMessageId: toOptional(messageId),
  answeredIds: toOptional(json<readonly string[]>()),
};

/**
 * Lines. The id of one is the key of its session times 2^22, plus its number: so the index of words tells sessions apart, and
 * the newest line has the highest id. `terms` are its words for the index.
 */
export const linesTable = defineTable(
  'lines',
  { ...lineColumns, session: reference, terms: toOptional(terms) },
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
export const captionMessagesTable = defineTable(
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
export const transcriptTables: readonly Table[] = [
  linesTable,
  sessionsTable,
  captionMessagesTable,
  memoriesTable,
];

/** Ids that one session has for its lines. */
export const idsPerSession = 2 ** 22;

/** Number of a line in its session. */
export function toLineNumber(id: number): number {
  return id % idsPerSession;
}

export function selectSessionKey(id: number): number {
  return Math.floor(id / idsPerSession);
}

/** Lines `l` of sessions `s` that fit `rest`: SQL of a condition and an order. */
export async function selectLines(
  connection: Connection,
  rest: Sql,
): Promise<readonly TranscriptLine[]> {
  const rows = await connection.rows(
    { ...lineColumns, sessionId: id },
    sql`SELECT ${toColumnList(lineColumns, 'l.')}, s.id AS session_id
      FROM lines l JOIN sessions s ON s.key = l.session ${rest}`,
  );
  return rows.map(({ sessionId, ...row }) => toTranscriptLine(row, sessionId));
}

export function toTranscriptLine(
  row: RowOf<typeof lineColumns>,
  sessionId: string,
): TranscriptLine {
  const { id, personId, name, answeredIds = [], postChannelId, postMessageId, ...rest } = row;
  const speaker =
    personId === undefined
      ? ({ kind: 'bot', name, answeredIds } as const)
      : ({ kind: 'person', personId, name } as const);
  const line = { ...rest, sessionId, number: toLineNumber(id), speaker };
  if (postChannelId === undefined || postMessageId === undefined) return line;
  return { ...line, post: { channelId: postChannelId, messageId: postMessageId } };
}

/** Row of a line of the session with this key. */
export function toLineRow(
  line: TranscriptLine,
  { guildId, key: session }: { readonly guildId: GuildId; readonly key: number },
): RowOf<typeof linesTable.columns> {
  const { speaker, post, number, sessionId, ...rest } = line;
  return {
    ...rest,
    id: session * idsPerSession + number,
    session,
    terms: toIndexTerms(guildId, line.text),
    name: speaker.name,
    personId: speaker.kind === 'person' ? speaker.personId : undefined,
    answeredIds: speaker.kind === 'bot' ? speaker.answeredIds : undefined,
    postChannelId: post?.channelId,
    postMessageId: post?.messageId,
  };
}
