import sql from 'sql-template-tag';
import type {
  SharedReserve,
  SharedSpending,
  SharedStanding,
  SpendingReport,
} from '#src/spending/ledger/shared-spending.ts';
import { id, instant, money, optional } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { columnList, table } from '#src/sql/table.ts';
import { addSpending, readSpending, spendingLane } from './spending.ts';

const reserveColumns = { guildId: id, personId: optional(id), nanoUsd: money };

/** Reserves of each process. SQLite has this table, too, and no row in it: forgetting follows from one list of tables. */
export const spendingReserves = table(
  'spending_reserves',
  { holder: id, ...reserveColumns, untilMs: instant },
  {
    key: [],
    indexes: { spending_reserves_by_guild: ['guildId', 'holder'] },
    person: {
      forget: 'discard',
      column: 'personId',
      reason: 'A reserve counts only while an answer runs.',
    },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Longest time, in ms, that a reserve counts after the last report of its process. */
const reserveMs = 300_000;

/** Spending shared by the processes of one database of PostgreSQL: one process at a time reports for a server. */
export class PostgresSharedSpending implements SharedSpending {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  get isAway(): boolean {
    return this.#database.isAway;
  }

  exchange({ day, guildIds, entries, reserves }: SpendingReport): Promise<SharedStanding> {
    const sorted = guildIds.toSorted();
    return this.#database.writeOnce([spendingLane], async (connection, isFirst) => {
      await lockServers(connection, sorted);
      if (isFirst) await addSpending(connection, entries, day);
      await writeReserves(connection, sorted, reserves);
      const others = sql`SELECT ${columnList(reserveColumns)} FROM spending_reserves
        WHERE guild_id ${connection.among(sorted)} AND holder <> ${connection.writer}`;
      return {
        entries: await readSpending(connection, day, sorted),
        reserves: await connection.rows(reserveColumns, others),
      };
    });
  }
}

/** Until the end of the transaction, always in the same order. */
async function lockServers(connection: Connection, sorted: readonly string[]): Promise<void> {
  await connection.run(
    sql`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':spending:' || id, 0))
      FROM unnest(${sorted}::text[]) WITH ORDINALITY AS ids (id, n) ORDER BY n`,
  );
}

async function writeReserves(
  connection: Connection,
  guildIds: readonly string[],
  reserves: readonly SharedReserve[],
): Promise<void> {
  await connection.run(
    sql`DELETE FROM spending_reserves WHERE guild_id ${connection.among(guildIds)}
      AND (holder = ${connection.writer} OR until_ms < ${connection.now})`,
  );
  await connection.insert(spendingReserves, reserves, {
    with: {
      holder: sql`${connection.writer}`,
      untilMs: sql`${connection.now} + ${reserveMs}`,
    },
  });
}
