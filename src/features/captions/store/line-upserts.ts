import sql from 'sql-template-tag';
import type { TranscriptLine } from '#src/features/captions/transcript-line.ts';
import { key, type RowOf } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { CopiedRow } from '#src/sql/copy-rows.ts';
import { replacing } from '#src/sql/table.ts';
import { answered, lineId, lineRow, lines } from './line-tables.ts';
import type { WordIndex } from './word-index-port.ts';

/** A session that takes rows: its key, and that of its server. */
export type OpenSession = { readonly key: number; readonly guildKey: number };

type PutLine = { readonly id: number; readonly line: TranscriptLine };

/** Puts lines of one session in place of those of the same number. */
export async function putLines(
  connection: Connection,
  index: WordIndex,
  session: OpenSession,
  all: Iterable<TranscriptLine>,
): Promise<void> {
  const byId = new Map(Array.from(all, (line) => [lineId(session.key, line.number), line]));
  const puts = Array.from(byId, ([id, line]): PutLine => ({ id, line })).toSorted(
    (one, other) => one.id - other.id,
  );
  if (puts.length === 0) return;
  await extend(connection, session, puts);
  const texts = puts.map(({ id, line: { text } }) => ({ id, text, guildKey: session.guildKey }));
  await index.put(connection, texts);
  const rows = puts.map(({ line }, n) => ({
    ...lineRow(line, session.key),
    terms: texts[n] && index.termsOf(texts[n]),
  }));
  await connection.insert(lines, rows, { conflict: replacing(lines) });
  await putAnswered(connection, puts);
}

/** Lines that are copied to a database whose sessions are there, with their words in its index. */
export async function copiedLines(
  to: Connection,
  index: WordIndex,
): Promise<(rows: readonly CopiedRow[]) => Promise<readonly CopiedRow[]>> {
  const sessions = await to.rows(
    { session: key, guildKey: key },
    sql`SELECT s.key AS session, g.key AS guild_key FROM sessions s JOIN guilds g ON g.guild_id = s.guild_id`,
  );
  const guildKeys = new Map(sessions.map(({ session, guildKey }) => [session, guildKey]));
  return async (rows) => {
    const copied = (rows as readonly RowOf<typeof lines.columns>[]).map((row) => {
      return { row, id: row.id, text: row.text, guildKey: guildKeys.get(row.session) ?? 0 };
    });
    await index.put(to, copied);
    return copied.map((line) => ({ ...line.row, terms: index.termsOf(line) }));
  };
}

/** Bounds of what the session holds. */
async function extend(
  connection: Connection,
  { key }: OpenSession,
  puts: readonly PutLine[],
): Promise<void> {
  const starts = puts.map(({ line }) => line.startMs);
  const [first, last] = [Math.min(...starts), Math.max(...starts)];
  const number = Math.max(...puts.map(({ line }) => line.number));
  await connection.run(
    sql`UPDATE sessions SET
      first_ms = CASE WHEN first_ms <= ${first} THEN first_ms ELSE ${first} END,
      last_ms = CASE WHEN last_ms >= ${last} THEN last_ms ELSE ${last} END,
      last_number = CASE WHEN last_number >= ${number} THEN last_number ELSE ${number} END
      WHERE key = ${key}`,
  );
}

/** Whom the lines answer. */
async function putAnswered(connection: Connection, put: readonly PutLine[]): Promise<void> {
  const among = connection.among(put.map(({ id }) => id));
  await connection.run(sql`DELETE FROM answered WHERE line ${among}`);
  const conflict = sql`ON CONFLICT DO NOTHING`; // the same person twice
  const people = put.flatMap(({ id, line: { speaker } }) =>
    speaker.kind === 'bot' ? speaker.answeredIds.map((personId) => ({ line: id, personId })) : [],
  );
  await connection.insert(answered, people, { conflict });
}
