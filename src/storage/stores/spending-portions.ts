import { randomUUID } from 'node:crypto';
import sql from 'sql-template-tag';
import type { PortionStore } from '#src/spending/ledger/total-portion.ts';
import { allServers } from '#src/spending/spending-store.ts';
import { type ColumnsOf, id, instant, money } from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, type Table } from '#src/sql/table.ts';

type PortionRow = {
  readonly holder: string;
  readonly nanoUsd: number;
  readonly untilMs: number;
};

/** Portions of the total cap by process. Unused in SQLite. */
export const spendingPortions: Table<ColumnsOf<PortionRow>> = defineTable(
  'spending_portions',
  { holder: id, nanoUsd: money, untilMs: instant },
  { key: ['holder'], person: [], server: 'nothing', restored: 'all' },
);

export const spendingPortionPart: StorePart<PortionStore | undefined> = {
  tables: [spendingPortions],
  open: (database) =>
    database.dialect === 'postgres' ? createPortionStore(database) : undefined,
};

/** Expiry after the last request of a process. */
const portionMs = 300_000;

/** Creates the store of portions, which one process at a time may request. */
function createPortionStore(database: StoreDatabase): PortionStore {
  const writer = randomUUID();
  return {
    reserve({ capNanoUsd, day, nanoUsd, usedNanoUsd }) {
      return database.write(async (connection) => {
        const { now: nowSql } = connection;
        await connection.run(
          sql`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':portions', 0))`,
        );
        // The lock shows the portions of earlier requests.
        const [{ othersNanoUsd = 0, spentNanoUsd = 0 } = {}] = await connection.rows(
          { spentNanoUsd: money, othersNanoUsd: money },
          sql`WITH former AS (DELETE FROM spending_portions WHERE holder = ${writer} OR until_ms < ${nowSql})
            SELECT coalesce((SELECT nano_usd FROM spent WHERE guild_id = ${allServers} AND day = ${day}), 0) AS spent_nano_usd,
              coalesce((SELECT sum(nano_usd) FROM spending_portions WHERE holder <> ${writer} AND until_ms >= ${nowSql}), 0)
                AS others_nano_usd`,
        );
        const freeNanoUsd = Math.max(0, capNanoUsd - spentNanoUsd - othersNanoUsd);
        const granted = Math.max(usedNanoUsd, Math.min(nanoUsd, freeNanoUsd));
        if (granted > 0)
          await connection.run(
            sql`INSERT INTO spending_portions (holder, nano_usd, until_ms) VALUES (${writer}, ${granted}, ${nowSql} + ${portionMs})`,
          );
        return {
          nanoUsd: granted,
          spentNanoUsd,
          leftNanoUsd: Math.max(0, freeNanoUsd - granted),
        };
      });
    },
  };
}
