import type { ConsentStore, StoredConsent } from '#src/people/consent-store.ts';
import type { Database } from './database.ts';
import type { DatabaseSync } from './sqlite.ts';

/** Consents in SQLite, one row per person and server. */
export class SqliteConsents implements ConsentStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(guildId: string): Promise<ReadonlyMap<string, StoredConsent>> {
    const sql = 'SELECT person_id, kind, until_ms FROM standings WHERE guild_id = ?';
    const rows = await this.#database.readSync((sqlite) => sqlite.prepare(sql).all(guildId));
    return new Map(rows.map((row) => [String(row.person_id), standingOf(row)]));
  }

  async write(guildId: string, personId: string, standing: StoredConsent): Promise<void> {
    const untilMs = standing.kind === 'until' ? standing.wallMs : null;
    await this.#database.writeSync((sqlite) =>
      sqlite
        .prepare('REPLACE INTO standings (guild_id, person_id, kind, until_ms) VALUES (?, ?, ?, ?)')
        .run(guildId, personId, standing.kind, untilMs),
    );
  }

  count(guildId: string, personId: string): Promise<number> {
    return this.#database.readSync((sqlite) => countPersonRows(sqlite, guildId, personId));
  }

  async erase(guildId: string, personId: string): Promise<number> {
    const deleted = await this.#database.writeSync((sqlite) =>
      erasePersonRows(sqlite, guildId, personId),
    );
    await this.#database.rewrite();
    return deleted;
  }
}

/** Rows about a person in a server, in a store of any format. */
export function countPersonRows(sqlite: DatabaseSync, guildId: string, personId: string): number {
  return sum(
    tablesAboutPersons(sqlite).map((table) => {
      const sql = `SELECT count(*) AS n FROM ${table} WHERE guild_id = ? AND person_id = ?`;
      return Number(sqlite.prepare(sql).get(guildId, personId)?.n);
    }),
  );
}

/** Deletes all rows about a person in a server from a store of any format; how many. */
export function erasePersonRows(sqlite: DatabaseSync, guildId: string, personId: string): number {
  return sum(
    tablesAboutPersons(sqlite).map((table) => {
      const sql = `DELETE FROM ${table} WHERE guild_id = ? AND person_id = ?`;
      return Number(sqlite.prepare(sql).run(guildId, personId).changes);
    }),
  );
}

/** Names in quotes, found by their columns, so that a later table about persons cannot be forgotten. */
export function tablesAboutPersons(sqlite: DatabaseSync): readonly string[] {
  return sqlite
    .prepare(
      `SELECT '"' || t.name || '"' AS quoted FROM sqlite_schema t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table' AND c.name = 'person_id'`,
    )
    .all()
    .map(({ quoted }) => String(quoted));
}

/** Consent of a row; one that is not understood counts as a no. */
export function standingOf({ kind, until_ms }: Readonly<Record<string, unknown>>): StoredConsent {
  if (kind === 'always') return { kind };
  if (kind === 'until') return { kind, wallMs: Number(until_ms) };
  return { kind: 'never' };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
