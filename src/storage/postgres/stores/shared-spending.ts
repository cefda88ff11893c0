import type {
  SharedReserve,
  SharedSpending,
  SharedStanding,
  SpendingReport,
} from '#src/spending/ledger/shared-spending.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { addSpending, readSpending } from './spending.ts';
import { insertRows, spendingLane, textOf } from './writing.ts';

const reserveColumns = [
  'holder uuid',
  'guild_id text',
  'person_id text',
  'nano_usd bigint',
  'ms bigint',
  'until timestamptz',
];

/** Spending shared by several processes, in PostgreSQL: one process at a time reports for a server. */
export class PostgresSharedSpending implements SharedSpending {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  get isAway(): boolean {
    return this.#database.isAway;
  }

  exchange({ day, guildIds, entries, reserves }: SpendingReport): Promise<SharedStanding> {
    const sorted = guildIds.toSorted();
    return this.#database.writeOnce([spendingLane], async (connection, isFirst) => {
      await lockServers(connection, sorted);
      if (isFirst) await addSpending(connection, entries);
      await this.#note(connection, sorted, reserves);
      const others = `SELECT guild_id, person_id, nano_usd, ms FROM spending_reserves
        WHERE guild_id = ANY ($1) AND holder <> $2`;
      return {
        entries: await readSpending(connection, day, sorted),
        reserves: (await connection.rows(others, [sorted, this.#database.writer])).map(reserveOf),
      };
    });
  }

  async #note(
    connection: SqlConnection,
    guildIds: readonly string[],
    reserves: readonly SharedReserve[],
  ): Promise<void> {
    const former = `DELETE FROM spending_reserves
      WHERE guild_id = ANY ($1) AND (holder = $2 OR until < now())`;
    await connection.run(former, [guildIds, this.#database.writer]);
    if (reserves.length === 0) return;
    const [clock] = await connection.rows("SELECT (now() + interval '5 min')::text AS until");
    const rows = reserves.map(({ guildId, personId, nanoUsd, ms }) => [
      ...[this.#database.writer, guildId, personId ?? null, nanoUsd, ms, clock?.until],
    ]);
    await insertRows(connection, 'spending_reserves', reserveColumns, rows);
  }
}

/** Until the end of the transaction, always in the same order. */
async function lockServers(connection: SqlConnection, sorted: readonly string[]): Promise<void> {
  const sql = `SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':spending:' || id, 0))
    FROM unnest($1::text[]) WITH ORDINALITY AS ids (id, n) ORDER BY n`;
  await connection.rows(sql, [sorted]);
}

function reserveOf(row: SqlRow): SharedReserve {
  const personId = textOf(row, 'person_id');
  return {
    guildId: String(row.guild_id),
    ...(personId !== undefined && { personId }),
    nanoUsd: Number(row.nano_usd),
    ms: Number(row.ms),
  };
}
