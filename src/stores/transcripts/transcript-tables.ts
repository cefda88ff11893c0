import sql, { type Sql } from 'sql-template-tag';
import type { ChannelId, GuildId, MessageId, PersonId } from '#src/base/ids.ts';
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
import { memoriesTable } from '#src/stores/memory-store.ts';
import { notesTable } from './note-store.ts';
import type {
  CaptionMessage,
  TranscriptLine,
  TranscriptSession,
} from './transcript-line.ts';

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

export const messageColumns: ColumnsOf<Omit<CaptionMessage, 'webhook'>> = {
  messageId,
  channelId,
  guildId,
  sessionId: id,
  postedAtWallMs: instant,
};

/** `outdated` counts the erasures that touched a message since its last update. */
export const captionMessagesTable: Table<
  ColumnsOf<Omit<CaptionMessage, 'webhook'> & { readonly outdated: number }>
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

/** Webhooks of messages that they posted, without which an erasure could not reach these. */
export const messageWebhooksTable: Table<
  ColumnsOf<Required<Pick<CaptionMessage, 'guildId' | 'messageId' | 'webhook'>>>
> = defineTable(
  'message_webhooks',
  { messageId, guildId, webhook: json() },
  { key: ['messageId'], person: [], server: 'delete', restored: 'all' },
);

export const transcriptTables: readonly Table[] = [
  linesTable,
  sessionsTable,
  captionMessagesTable,
  messageWebhooksTable,
  memoriesTable,
  notesTable,
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

/**
 * Index of SQLite, kept by triggers. Pages of 1,000 bytes halve the time of erasing. Source:
 * https://www.sqlite.org/fts5.html#the_pgsz_configuration_option
 */
export const lineWordsTable = `
  CREATE VIRTUAL TABLE line_words USING fts5 (
    terms, content = 'lines', content_rowid = 'id', columnsize = 0, detail = none, tokenize = 'ascii');
  INSERT INTO line_words (line_words, rank) VALUES ('secure-delete', 1), ('pgsz', 1000);
  CREATE TRIGGER line_words_put AFTER INSERT ON lines BEGIN
    INSERT INTO line_words (rowid, terms) VALUES (new.id, new.terms);
  END;
  CREATE TRIGGER line_words_changed AFTER UPDATE ON lines WHEN old.terms IS NOT new.terms BEGIN
    INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', old.id, old.terms);
    INSERT INTO line_words (rowid, terms) VALUES (new.id, new.terms);
  END;
  CREATE TRIGGER line_words_erased AFTER DELETE ON lines BEGIN
    INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', old.id, old.terms);
  END;`;

/** Index of PostgreSQL. Terms are written at once, since each search would read a pending list. */
export const termsIndex =
  'CREATE INDEX lines_by_term ON lines USING gin (terms) WITH (fastupdate = off);';

/**
 * Merges the index so that no erased word stays. Takes a second for a million lines.
 */
export async function mergeIndex(connection: Connection): Promise<void> {
  // Until a merge, FTS5 keeps erased words as bounds of its pages (its table line_words_idx).
  // An erased word makes a new segment, since FTS5 does not merge a single one.
  for (const statement of [
    sql`INSERT INTO line_words (rowid, terms) VALUES (0, '0')`,
    sql`INSERT INTO line_words (line_words, rowid, terms) VALUES ('delete', 0, '0')`,
    sql`INSERT INTO line_words (line_words) VALUES ('optimize')`,
  ])
    await connection.run(statement);
}

const wordRuns = /[\p{L}\p{N}\p{M}]+/gu;
const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/**
 * Accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic, but no
 * vowels of Hindi or dakuten of Japanese.
 */
const accentMarks = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u0652]/g;
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });
/** In UTF-16 units. */
const maxWordUnits = 64;
/** Further words are not found. A row of words takes 1 MB at most. */
const maxTermsPerLine = 4_000;

/** Splits a text into words without case and accents, for the index and for a search. */
export function splitIntoSearchWords(text: string): readonly string[] {
  const folded = text.normalize('NFKD').replace(accentMarks, '').normalize('NFC');
  const lower = folded.toUpperCase().toLowerCase().replaceAll('\u03c2', '\u03c3');
  const searchWords = (lower.match(wordRuns) ?? []).flatMap((run) =>
    unspacedScripts.test(run)
      ? Array.from(wordSegmenter.segment(run), ({ segment }) => segment)
      : run,
  );
  return searchWords.map((word) => word.slice(0, maxWordUnits).toWellFormed());
}

/** Formats the words of a text as a literal of `tsvector`. No word needs an escape. */
function toIndexTerms(guildId: GuildId, text: string): string {
  const indexWords = [...new Set(splitIntoSearchWords(text))].slice(0, maxTermsPerLine);
  return indexWords.map((word) => `'${toIndexTerm(guildId, word)}'`).join(' ');
}

/** Builds the term of one word in one server. */
export function toIndexTerm(guildId: GuildId, word: string): string {
  // Words of other servers then cost a search nothing.
  return `${guildId}\u00b7${word}`;
}
