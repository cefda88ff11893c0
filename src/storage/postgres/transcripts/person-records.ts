import type { PersonExport, PersonRecords } from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { memoryOf } from '#src/storage/transcripts/memories.ts';
import { lineOf, presenceOf, sessionOf } from '#src/storage/transcripts/rows.ts';
import { lineColumns, readTogether } from './rows.ts';

/** SQL of the lines of a person, the second value, and answers to them; to be narrowed down by `AND`. */
export const linesOfPersonSql = `
  SELECT l.id FROM lines l JOIN sessions s ON s.key = l.session
  WHERE l.id IN (
    SELECT id FROM lines WHERE person_id = $2 UNION SELECT line FROM answered WHERE person_id = $2
  )`;

const inGuild = `${linesOfPersonSql} AND s.guild_id = $1`;
const theirMemories = 'FROM memories WHERE guild_id = $1 AND (by_id = $2 OR about_id = $2)';

/** Records about one person in PostgreSQL: all that `eraser.forget` deletes. */
export class PostgresPersonRecords implements PersonRecords {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async count(guildId: string, personId: string): ReturnType<PersonRecords['count']> {
    const sql = `SELECT (SELECT count(*) FROM (${inGuild}) AS theirs) AS lines,
      (SELECT count(*) ${theirMemories}) AS memories`;
    const [row] = await this.#database.read([guildId], (connection) =>
      connection.rows(sql, [guildId, personId]),
    );
    return { lines: Number(row?.lines), memories: Number(row?.memories) };
  }

  all(guildId: string, personId: string): Promise<PersonExport> {
    const values = [guildId, personId];
    return readTogether(this.#database.pool, async (connection) => {
      const lineRows = await connection.rows(linesSql, values);
      const lines = lineRows.map((row) => lineOf(row, String(row.session_id)));
      const presenceRows = await connection.rows(presencesSql, values);
      const presences = presenceRows.map((row) => presenceOf(row, String(row.session_id)));
      const ids = [...new Set([...lines, ...presences].map(({ sessionId }) => sessionId))];
      const sessionsSql = 'SELECT * FROM sessions WHERE id = ANY ($1) ORDER BY key';
      const sessions = (await connection.rows(sessionsSql, [ids])).map(sessionOf);
      const memorySql = `SELECT * ${theirMemories} ORDER BY number`;
      const memories = (await connection.rows(memorySql, values)).map(memoryOf);
      return { sessions, lines, presences, memories };
    });
  }
}

const linesSql = `
  SELECT ${lineColumns}, s.id AS session_id FROM lines l JOIN sessions s ON s.key = l.session
  WHERE l.id IN (${inGuild}) ORDER BY s.key, l.start_ms, l.id`;

const presencesSql = `
  SELECT p.*, s.id AS session_id FROM presences p JOIN sessions s ON s.key = p.session
  WHERE p.person_id = $2 AND s.guild_id = $1 ORDER BY s.key, p.from_ms`;
