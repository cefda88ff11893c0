import type { ConsentStore, StoredConsent } from '#src/people/consent-store.ts';
import { standingOf } from '#src/storage/consents.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { storeTables, tablesWith } from './schema.ts';
import {
  askedAt,
  eraseMs,
  isNewer,
  lanesOfServer,
  serverLane,
  spendingLane,
  writtenToo,
} from './writing.ts';

/** Table of reserves, which count only while an answer runs and are no records about a person. */
const reserves = 'spending_reserves';

/** Consents in PostgreSQL, one row per person and server. */
export class PostgresConsents implements ConsentStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async read(guildId: string): Promise<ReadonlyMap<string, StoredConsent>> {
    const sql = 'SELECT person_id, kind, until_ms FROM standings WHERE guild_id = $1';
    const rows = await this.#database.read([serverLane('consents', guildId)], (connection) =>
      connection.rows(sql, [guildId]),
    );
    return new Map(rows.map((row) => [String(row.person_id), standingOf(row)]));
  }

  async write(guildId: string, personId: string, standing: StoredConsent): Promise<void> {
    const untilMs = standing.kind === 'until' ? standing.wallMs : null;
    const sql = `INSERT INTO standings AS old VALUES ($1, $2, $3, $4, ${askedAt(5)}, $6)
      ON CONFLICT (guild_id, person_id) DO UPDATE
      SET kind = excluded.kind, until_ms = excluded.until_ms, ${writtenToo}
      WHERE ${isNewer(5, 'old.')}`;
    await this.#database.write([serverLane('consents', guildId)], (connection, ageMs) =>
      connection.run(sql, [
        guildId,
        personId,
        standing.kind,
        untilMs,
        ageMs,
        this.#database.writer,
      ]),
    );
  }

  count(guildId: string, personId: string): Promise<number> {
    return this.#database.read([...lanesOfServer(guildId), spendingLane], async (connection) => {
      let count = 0;
      for (const table of await tablesAboutPersons(connection)) {
        if (table === reserves) continue;
        const sql = `SELECT count(*) AS n FROM ${table} WHERE guild_id = $1 AND person_id = $2`;
        const [row] = await connection.rows(sql, [guildId, personId]);
        count += Number(row?.n);
      }
      return count;
    });
  }

  /** After every write that was asked for before, so that none of these brings the person back. */
  erase(guildId: string, personId: string): Promise<number> {
    const work = async (connection: SqlConnection) => {
      let count = 0;
      for (const table of await tablesAboutPersons(connection)) {
        const sql = `DELETE FROM ${table} WHERE guild_id = $1 AND person_id = $2`;
        count += await connection.run(sql, [guildId, personId]);
      }
      return count;
    };
    return this.#database.write([...lanesOfServer(guildId), spendingLane], work, eraseMs);
  }
}

async function tablesAboutPersons(connection: SqlConnection): Promise<readonly string[]> {
  const rows = await connection.rows(tablesWith, ['person_id', storeTables]);
  return rows.map(({ quoted }) => String(quoted));
}
