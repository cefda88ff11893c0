import sql, { type Sql } from 'sql-template-tag';
import { integer, key, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase, Work } from '#src/sql/store-database.ts';
import { isFull } from '#src/sql/trouble.ts';
import { putWords } from './fts5-index.ts';
import type { WriteErasure } from './transcript-eraser.ts';

/** It has a row while erased words may still lie in unused bytes of the file. */
export const unscrubbedTable = 'CREATE TABLE unscrubbed (place INTEGER PRIMARY KEY) STRICT;';

/** Lines whose words are put at a time. */
const linesAtOnce = 1_000;

/**
 * Writes erasures to a file in two steps: rows are deleted and messages noted at once, wholly or not at all; then the index of words
 * is merged, the file rewritten and the log emptied. A step cut short is done by the next erasure, of anything or nothing.
 */
export function overwriting(database: StoreDatabase): WriteErasure {
  return async (_lanes, portion, isMore) => {
    let isScrubbed = false;
    const write = async () => {
      const noted = await change(database, (connection) => noting(connection, portion));
      isScrubbed = noted.isScrubbed;
      return noted.done;
    };
    while (isMore(await write()));
    if (isScrubbed) return;
    await change(database, mergeWords);
    await database.rewrite();
    await database.writeNow((connection) => connection.run(sql`DELETE FROM unscrubbed`));
  };
}

/** Notes with an erasure that its bytes are not overwritten yet, if it changed anything. */
async function noting<T>(
  connection: Connection,
  portion: Work<T>,
): Promise<{ readonly done: T; readonly isScrubbed: boolean }> {
  const changes = () => countOf(connection, sql`SELECT total_changes() AS count`);
  const before = await changes();
  const done = await portion(connection);
  if ((await changes()) > before)
    await connection.run(sql`INSERT INTO unscrubbed VALUES (1) ON CONFLICT DO NOTHING`);
  const left = await countOf(connection, sql`SELECT COUNT(*) AS count FROM unscrubbed`);
  return { done, isScrubbed: left === 0 };
}

async function countOf(connection: Connection, statement: Sql): Promise<number> {
  const [row] = await connection.rows({ count: integer }, statement);
  return row?.count ?? 0;
}

/** Deleting and merging words need room for a while; where there is none, the index is made anew. */
async function change<T>(database: StoreDatabase, work: Work<T>): Promise<T> {
  try {
    return await database.writeNow(work);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  return await database.writeNow((connection) => withNewWords(connection, work));
}

/** Deleted words leave the index only as its parts are merged. */
async function mergeWords(connection: Connection): Promise<void> {
  await connection.run(sql`INSERT INTO line_words (line_words) VALUES ('optimize')`);
}

/** Every word of every line, in place of those that are there; between the two there is room for `work`. */
async function withNewWords<T>(connection: Connection, work: Work<T>): Promise<T> {
  await connection.run(sql`INSERT INTO line_words (line_words) VALUES ('delete-all')`);
  const done = await work(connection);
  for (let last = 0; ; ) {
    const rows = await connection.rows(
      { id: key, guildKey: key, text },
      sql`SELECT l.id, l.text, g.key AS guild_key FROM lines l
        JOIN sessions s ON s.key = l.session JOIN guilds g ON g.guild_id = s.guild_id
        WHERE l.id > ${last} ORDER BY l.id LIMIT ${linesAtOnce}`,
    );
    await putWords(connection, rows);
    last = rows.at(-1)?.id ?? last;
    if (rows.length < linesAtOnce) return done;
  }
}
