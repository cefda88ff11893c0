import type { PersonExport, PersonRecords } from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import { memoryOf } from './memories.ts';
import { lineColumns, lineOf, presenceOf, type Row, sessionOf } from './rows.ts';

/** SQL of the lines of a person and answers to them, in a server: takes person, person and server. */
export const linesOfPersonSql = `
  SELECT lines.id FROM (
    SELECT id FROM lines WHERE person_id = ? UNION SELECT line AS id FROM answered WHERE person_id = ?
  ) AS lines JOIN sessions ON sessions.key = lines.id / 4194304 WHERE sessions.guild_id = ?`;

const memoriesSql = `
  FROM memories WHERE guild_id = ? AND (by_id = ? OR about_id = ?)`;

/** Records about one person in SQLite: all that `eraser.forget` deletes. */
export class SqlitePersonRecords implements PersonRecords {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  count(guildId: string, personId: string): ReturnType<PersonRecords['count']> {
    return this.#database.readSync((sqlite) => {
      const lines = sqlite.prepare(`SELECT count(*) AS n FROM (${linesOfPersonSql})`);
      const memories = sqlite.prepare(`SELECT count(*) AS n ${memoriesSql}`);
      return {
        lines: Number(lines.get(personId, personId, guildId)?.n),
        memories: Number(memories.get(guildId, personId, personId)?.n),
      };
    });
  }

  all(guildId: string, personId: string): Promise<PersonExport> {
    return this.#database.readSync((sqlite) => {
      const lines = sqlite
        .prepare(linesSql)
        .all(personId, personId, guildId)
        .map((row) => lineOf(row, String(row.session_id)));
      const presences = sqlite
        .prepare(presencesSql)
        .all(personId, guildId)
        .map((row) => presenceOf(row, String(row.session_id)));
      const ids = new Set([...lines, ...presences].map(({ sessionId }) => sessionId));
      const sessions = sqlite
        .prepare('SELECT * FROM sessions WHERE guild_id = ? ORDER BY key')
        .all(guildId)
        .map(sessionOf)
        .filter(({ id }) => ids.has(id));
      const memories = sqlite
        .prepare(`SELECT * ${memoriesSql} ORDER BY number`)
        .all(guildId, personId, personId)
        .map(memoryOf);
      return { sessions, lines, presences, memories };
    });
  }
}

/** Rows about a person in a server: all that `erasePersonLines` deletes. */
export function countPersonLines(sqlite: DatabaseSync, guildId: string, personId: string): number {
  const numberOf = (sql: string, ...ids: readonly string[]) =>
    Number(sqlite.prepare(`SELECT count(*) AS n ${sql}`).get(...ids)?.n);
  return (
    numberOf(`FROM (${linesOfPersonSql})`, personId, personId, guildId) +
    numberOf(
      'FROM presences JOIN sessions ON key = session WHERE person_id = ? AND guild_id = ?',
      personId,
      guildId,
    ) +
    numberOf(memoriesSql, guildId, personId, personId)
  );
}

/** `guild_id` and `person_id` of all people in a file of transcripts. */
export function peopleOfTranscripts(sqlite: DatabaseSync): readonly Row[] {
  return sqlite.prepare(peopleSql).all();
}

const peopleSql = `
  SELECT guild_id, person_id FROM lines JOIN sessions ON sessions.key = lines.id / 4194304
  WHERE person_id IS NOT NULL
  UNION SELECT guild_id, person_id FROM answered JOIN sessions ON key = line / 4194304
  UNION SELECT guild_id, person_id FROM presences JOIN sessions ON key = session
  UNION SELECT guild_id, by_id FROM memories
  UNION SELECT guild_id, about_id FROM memories WHERE about_id IS NOT NULL`;

const linesSql = `
  SELECT ${lineColumns}, sessions.id AS session_id
  FROM lines JOIN sessions ON sessions.key = lines.id / 4194304
  WHERE lines.id IN (${linesOfPersonSql}) ORDER BY sessions.key, lines.start_ms, lines.id`;

const presencesSql = `
  SELECT presences.*, sessions.id AS session_id
  FROM presences JOIN sessions ON sessions.key = presences.session
  WHERE person_id = ? AND guild_id = ? ORDER BY sessions.key, from_ms`;
