import sql, { type Sql } from 'sql-template-tag';
import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
import type {
  CaptionMessage,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import { memoriesTable } from '#src/features/memories/memory-store.ts';
import {
  type ColumnsOf,
  channelId,
  guildId,
  id,
  instant,
  integer,
  json,
  key,
  messageId,
  personId,
  reference,
  terms,
  text,
  toOptional,
  yes,
} from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import { defineTable, type Table, toColumnList } from '#src/sql/table.ts';
import { toIndexTerms } from './word-index.ts';

export const sessionColumns: ColumnsOf<TranscriptSession> = {
  id,
  guildId,
  channelId,
  channelName: text,
  placeId: channelId,
  startedAtWallMs: instant,
  endedAtWallMs: toOptional(instant),
};

type WithKey<Row> = Row & { readonly key: number };

export const sessionsTable: Table<ColumnsOf<WithKey<TranscriptSession>>> = defineTable(
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
    restored: 'all',
  },
);

/** A line without its session. `personId` is absent for the bot. */
export type LineRow = {
  readonly id: number;
  readonly personId?: PersonId;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  readonly isCut?: true;
  readonly isBrief?: true;
  readonly language?: string;
  readonly postChannelId?: ChannelId;
  readonly postMessageId?: MessageId;
  readonly answeredIds?: readonly PersonId[];
};

type StoredLineRow = LineRow & {
  readonly session: number;
  readonly terms?: string;
};

export const lineColumns: ColumnsOf<LineRow> = {
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
  answeredIds: toOptional(json()),
};

/**
 * The id is the key of the session times 2^22 plus the line's number, so the newest is
 * highest.
 */
export const linesTable: Table<ColumnsOf<StoredLineRow>> = defineTable(
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
    restored: 'all',
  },
);

export const messageColumns: ColumnsOf<CaptionMessage> = {
  messageId,
  channelId,
  guildId,
  sessionId: id,
  postedAtWallMs: instant,
};

/** `outdated` counts the erasures that touched a message since its last update. */
export const captionMessagesTable: Table<
  ColumnsOf<CaptionMessage & { readonly outdated: number }>
> = defineTable(
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
    restored: 'all',
  },
);

export const transcriptTables: readonly Table[] = [
  linesTable,
  sessionsTable,
  captionMessagesTable,
  memoriesTable,
];

/** Most lines of a session. */
export const idsPerSession: number = 2 ** 22;

/** Returns the number of a line in its session. */
export function toLineNumber(id: number): number {
  return id % idsPerSession;
}

/** Returns the key of the session of a line. */
export function toSessionKey(id: number): number {
  return Math.floor(id / idsPerSession);
}

/** Reads lines. `clauses` is SQL after `FROM lines l JOIN sessions s`. */
export async function selectLines(
  connection: Connection,
  clauses: Sql,
): Promise<readonly TranscriptLine[]> {
  const rows = await connection.rows(
    { ...lineColumns, sessionId: id },
    sql`SELECT ${toColumnList(lineColumns, 'l.')}, s.id AS session_id
      FROM lines l JOIN sessions s ON s.key = l.session ${clauses}`,
  );
  return rows.map(({ sessionId, ...row }) => toTranscriptLine(row, sessionId));
}

/** Converts a stored line. The bot is the speaker where no person is. */
export function toTranscriptLine(row: LineRow, sessionId: string): TranscriptLine {
  const {
    id,
    personId,
    name,
    answeredIds = [],
    postChannelId,
    postMessageId,
    ...spoken
  } = row;
  const speaker =
    personId === undefined
      ? ({ kind: 'bot', name, answeredIds } as const)
      : ({ kind: 'person', personId, name } as const);
  const line = { ...spoken, sessionId, number: toLineNumber(id), speaker };
  if (postChannelId === undefined || postMessageId === undefined) return line;
  return { ...line, post: { channelId: postChannelId, messageId: postMessageId } };
}

/** Converts a line for the store, with the terms of its words. */
export function toLineRow(
  line: TranscriptLine,
  { guildId, key: session }: { readonly guildId: GuildId; readonly key: number },
): StoredLineRow {
  const { speaker, post, number, sessionId, ...spoken } = line;
  return {
    ...spoken,
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
