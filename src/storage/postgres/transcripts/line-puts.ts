import type { TranscriptLine } from '#src/captions/transcript-line.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { insertRows } from '#src/storage/postgres/stores/writing.ts';
import { lineId } from '#src/storage/transcripts/rows.ts';
import { termOf, wordsOf } from '#src/storage/transcripts/words.ts';

/** A session that takes rows: its key, that of its server, and whether this process goes on with it. */
export type OpenSession = {
  readonly key: number;
  readonly guildKey: number;
  readonly isOwn: boolean;
};

type PutRow = { readonly id: number; readonly line: TranscriptLine };

/** Words of one line that are told apart; further ones are not found. A row of words takes 1 MB at most. */
const mostTerms = 4_000;

/** Puts lines of one session in place of those of the same number; where another process goes on with it, only new numbers. */
export async function putLines(
  connection: SqlConnection,
  session: OpenSession,
  lines: Iterable<TranscriptLine>,
): Promise<void> {
  const byId = new Map(
    Array.from(lines, (line) => [lineId(session.key, line.number), line] as const),
  );
  const puts = Array.from(byId, ([id, line]): PutRow => ({ id, line })).toSorted(
    (one, other) => one.id - other.id,
  );
  const [first] = puts;
  if (!first) return;
  await extend(connection, session, puts);
  const put = await putRows(connection, session, puts);
  await connection.run('DELETE FROM answered WHERE line = ANY ($1)', [put.map(({ id }) => id)]);
  await connection.run('DELETE FROM more_posts WHERE line = ANY ($1)', [put.map(({ id }) => id)]);
  await insertRows(connection, 'answered', answeredColumns, put.flatMap(answeredRows));
  await insertRows(connection, 'more_posts', postColumns, put.flatMap(postRows));
}

/** The words of a line as a literal of the type `tsvector`. A word has no sign that would need care there. */
function termsLiteral(guildKey: number, text: string): string {
  const words = [...new Set(wordsOf(text))].slice(0, mostTerms);
  return words.map((word) => termLiteral(guildKey, word)).join(' ');
}

/** One word as a literal of the types `tsvector` and `tsquery`. */
export function termLiteral(guildKey: number, word: string): string {
  return `'${termOf(guildKey, word)}'`;
}

const lineColumns = [
  'id bigint',
  'person_id text',
  'name text',
  'start_ms double precision',
  'end_ms double precision',
  'text text',
  'is_cut integer',
  'is_brief integer',
  'language text',
  'words text',
  'confidence double precision',
  'post_channel_id text',
  'post_message_id text',
  'terms tsvector',
];
const replaced = lineColumns
  .slice(1)
  .map((column) => column.split(' ')[0])
  .map((name) => `${name} = excluded.${name}`);
const answeredColumns = ['line bigint', 'place integer', 'person_id text'];
const postColumns = ['line bigint', 'place integer', 'channel_id text', 'message_id text'];

/** Those that were put. */
async function putRows(
  connection: SqlConnection,
  { guildKey, isOwn, key }: OpenSession,
  puts: readonly PutRow[],
): Promise<readonly PutRow[]> {
  const held = isOwn ? new Set<number>() : await numbersIn(connection, key);
  const free = puts.filter(({ id }) => !held.has(id));
  const rows = free.map(({ id, line }) => [id, ...valuesOf(line, guildKey)]);
  const onConflict = `ON CONFLICT (id) DO UPDATE SET ${replaced}`;
  await insertRows(connection, 'lines', lineColumns, rows, onConflict);
  return free;
}

async function numbersIn(connection: SqlConnection, key: number): Promise<ReadonlySet<number>> {
  const rows = await connection.rows('SELECT id FROM lines WHERE session = $1', [key]);
  return new Set(rows.map(({ id }) => Number(id)));
}

async function extend(
  connection: SqlConnection,
  { key }: OpenSession,
  puts: readonly PutRow[],
): Promise<void> {
  const sql = `UPDATE sessions SET first_ms = least(first_ms, $2), last_ms = greatest(last_ms, $3),
    last_number = greatest(last_number, $4) WHERE key = $1`;
  const starts = puts.map(({ line }) => line.startMs);
  const numbers = puts.map(({ line }) => line.number);
  const bounds = [Math.min(...starts), Math.max(...starts), Math.max(...numbers)];
  await connection.run(sql, [key, ...bounds]);
}

/** In the order of `lineColumns`, after the id. */
function valuesOf(line: TranscriptLine, guildKey: number): readonly unknown[] {
  const { speaker, startMs, endMs, text, isCut = false, isBrief = false, words, post } = line;
  return [
    speaker.kind === 'person' ? speaker.personId : null,
    speaker.name,
    startMs,
    endMs,
    text,
    Number(isCut),
    Number(isBrief),
    line.language ?? null,
    words ? JSON.stringify(words) : null,
    line.confidence ?? null,
    post?.channelId ?? null,
    post?.messageId ?? null,
    termsLiteral(guildKey, text),
  ];
}

function answeredRows({ id, line: { speaker } }: PutRow): readonly (readonly unknown[])[] {
  if (speaker.kind !== 'bot') return [];
  return speaker.answeredIds.map((personId, place) => [id, place, personId]);
}

function postRows({ id, line: { morePosts = [] } }: PutRow): readonly (readonly unknown[])[] {
  return morePosts.map(({ channelId, messageId }, place) => [id, place, channelId, messageId]);
}
