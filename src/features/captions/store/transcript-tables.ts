import sql, { type Sql } from 'sql-template-tag';
import type { GuildId } from '#src/base/ids.ts';
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
 * The id is the key of the session times 2^22 plus the line's number, so the newest is
 * highest.
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

export const messageColumns = {
  messageId,
  channelId,
  guildId,
  sessionId: id,
  postedAtWallMs: instant,
};

/** `outdated` counts the erasures that touched a message since its last update. */
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

export const transcriptTables: readonly Table[] = [
  linesTable,
  sessionsTable,
  captionMessagesTable,
  memoriesTable,
];

export const idsPerSession = 2 ** 22;

export function toLineNumber(id: number): number {
  return id % idsPerSession;
}

export function selectSessionKey(id: number): number {
  return Math.floor(id / idsPerSession);
}

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
  const {
    id,
    personId,
    name,
    answeredIds = [],
    postChannelId,
    postMessageId,
    ...rest
  } = row;
  const speaker =
    personId === undefined
      ? ({ kind: 'bot', name, answeredIds } as const)
      : ({ kind: 'person', personId, name } as const);
  const line = { ...rest, sessionId, number: toLineNumber(id), speaker };
  if (postChannelId === undefined || postMessageId === undefined) return line;
  return { ...line, post: { channelId: postChannelId, messageId: postMessageId } };
}

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
