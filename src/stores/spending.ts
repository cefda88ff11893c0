import { randomUUID } from 'node:crypto';
import sql, { join } from 'sql-template-tag';
import { addDays } from '#src/spending/calendar.ts';
import type {
  Portion,
  PortionRequest,
  SpendingEntry,
  SpendingStanding,
  SpendingStore,
  SpendingWrite,
} from '#src/spending/spending-store.ts';
import { guildId, id, money, personId, whole } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import {
  defineTable,
  deleteRows,
  selectRows,
  type Table,
  toReplaceClause,
} from '#src/sql/table.ts';

/** A day such as `2026-11-20` sorts by bytes, as an id does. */
const sums = { day: id, nanoUsd: money, turns: whole };
/** A restored copy must not bring spent money back. */
const restoring = {
  restored: 'all',
  kept: { condition: 'true', keeps: 'greater' },
} as const;

const spent = defineTable(
  'spent',
  { guildId, ...sums },
  {
    key: ['guildId', 'day'],
    indexes: { spent_by_day: '(day)' },
    person: [],
    server: 'later',
    ...restoring,
  },
);

const spentByPerson = defineTable(
  'spent_by_person',
  { guildId, personId, ...sums },
  {
    key: ['guildId', 'personId', 'day'],
    indexes: { spent_by_person_by_day: '(day)' },
    person: ['personId'],
    server: 'delete',
    ...restoring,
  },
);

/** `holder` is one run of a process. Portions of a run that was killed stay until their day is over. */
const portion = { holder: id, guildId, day: id, nanoUsd: money };

const portions = defineTable('spending_portions', portion, {
  key: ['holder', 'guildId', 'day'],
  person: [],
  server: 'later',
  ...restoring,
});

const personPortions = defineTable(
  'person_portions',
  { ...portion, personId },
  {
    key: ['holder', 'guildId', 'personId', 'day'],
    person: ['personId'],
    server: 'delete',
    ...restoring,
  },
);

export const spentTables: readonly Table[] = [spent, spentByPerson];
export const portionTables: readonly Table[] = [portions, personPortions];

/** Spending by server, person and day, and portions of the runs. */
export const spendingPart: StorePart<SpendingStore> = {
  tables: [...spentTables, ...portionTables],
  open: (database) => new SqlSpendingStore(database),
};

class SqlSpendingStore implements SpendingStore {
  readonly #database: StoreDatabase;
  readonly #holder: string = randomUUID();

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Reads the sums of a day. Portions of other runs count as spent. */
  read(day: string): Promise<readonly SpendingEntry[]> {
    const ofDay = sql`WHERE day = ${day}`;
    const ofOthers = sql`WHERE day = ${day} AND holder <> ${this.#holder}`;
    return this.#database.read(async (connection) => {
      const open = [
        ...(await selectRows(connection, portions, ofOthers)),
        ...(await selectRows(connection, personPortions, ofOthers)),
      ];
      return [
        ...(await selectRows(connection, spent, ofDay)),
        ...(await selectRows(connection, spentByPerson, ofDay)),
        ...open.map(({ holder: _, ...row }) => ({ ...row, turns: 0 })),
      ];
    });
  }

  /** Adds sums, and sets portions within the cap. */
  write({
    capNanoUsd,
    day,
    entries,
    portions: requests,
  }: SpendingWrite): Promise<SpendingStanding> {
    return this.#database.write(async (connection) => {
      if (this.#database.dialect === 'postgres')
        // One process at a time, so that each sees the portions of the others.
        await connection.run(
          sql`SELECT pg_advisory_xact_lock(hashtextextended('parley:' || current_schema() || ':portions', 0))`,
        );
      await addEntries(connection, entries);
      const granted = await this.#replacePortions(connection, requests, capNanoUsd);
      const isOld = sql`day < ${addDays(day, -1)}`;
      await deleteRows(connection, [
        sql`spent WHERE ${isOld}`,
        sql`spent_by_person WHERE ${isOld}`,
        sql`spending_portions WHERE ${isOld}`,
        sql`person_portions WHERE ${isOld}`,
      ]);
      const { openNanoUsd, othersNanoUsd, spentNanoUsd } = await this.#sumDay(
        connection,
        day,
      );
      const leftNanoUsd = toFree(capNanoUsd, spentNanoUsd + openNanoUsd);
      return {
        portions: granted,
        takenNanoUsd: spentNanoUsd + othersNanoUsd,
        leftNanoUsd,
      };
    });
  }

  /** Grants portions of servers within the cap, and those of people as they are. */
  async #replacePortions(
    connection: Connection,
    requests: readonly PortionRequest[],
    capNanoUsd: number,
  ) {
    const granted: Portion[] = requests.map(
      ({ usedNanoUsd: _, ...request }) => request,
    );
    for (const day of new Set(requests.map((request) => request.day))) {
      const ofServers = requests.filter(
        (request) => request.day === day && request.personId === undefined,
      );
      if (ofServers.length === 0) continue;
      const ids = join(ofServers.map((request) => request.guildId));
      await connection.run(
        sql`DELETE FROM spending_portions WHERE holder = ${this.#holder} AND day = ${day} AND guild_id IN (${ids})`,
      );
      const { openNanoUsd, spentNanoUsd } = await this.#sumDay(connection, day);
      const used = ofServers.reduce((sum, { usedNanoUsd }) => sum + usedNanoUsd, 0);
      let freeNanoUsd = toFree(capNanoUsd, spentNanoUsd + openNanoUsd + used);
      for (const request of ofServers) {
        const { guildId, nanoUsd: wantedNanoUsd, usedNanoUsd } = request;
        const more = Math.min(Math.max(0, wantedNanoUsd - usedNanoUsd), freeNanoUsd);
        freeNanoUsd -= more;
        const nanoUsd = usedNanoUsd + more;
        granted[requests.indexOf(request)] = { guildId, day, nanoUsd };
      }
    }
    const rows = granted.map((one) => ({ ...one, holder: this.#holder }));
    const [ofPersons, ofServers] = splitByPerson(rows);
    const replace = async (table: Table, replaced: readonly Portion[]) => {
      await connection.insert<Table>(table, replaced, toReplaceClause(table));
    };
    await replace(portions, ofServers);
    await replace(personPortions, ofPersons);
    const isEmpty = sql`holder = ${this.#holder} AND nano_usd = 0`;
    await deleteRows(connection, [
      sql`spending_portions WHERE ${isEmpty}`,
      sql`person_portions WHERE ${isEmpty}`,
    ]);
    return granted;
  }

  async #sumDay(connection: Connection, day: string) {
    const [row] = await connection.rows(
      { spentNanoUsd: money, openNanoUsd: money, othersNanoUsd: money },
      sql`SELECT coalesce((SELECT sum(nano_usd) FROM spent WHERE day = ${day}), 0) AS spent_nano_usd,
        coalesce((SELECT sum(nano_usd) FROM spending_portions WHERE day = ${day}), 0) AS open_nano_usd,
        coalesce((SELECT sum(nano_usd) FROM spending_portions WHERE day = ${day} AND holder <> ${this.#holder}), 0)
          AS others_nano_usd`,
    );
    return row ?? { spentNanoUsd: 0, openNanoUsd: 0, othersNanoUsd: 0 };
  }
}

/** Adds sums to those of the same key. */
async function addEntries(connection: Connection, entries: SpendingWrite['entries']) {
  const [ofPersons, ofServers] = splitByPerson(entries);
  await connection.insert<Table>(
    spent,
    ofServers,
    sql`ON CONFLICT (guild_id, day) DO UPDATE
      SET nano_usd = spent.nano_usd + excluded.nano_usd, turns = spent.turns + excluded.turns`,
  );
  await connection.insert<Table>(
    spentByPerson,
    ofPersons,
    sql`ON CONFLICT (guild_id, person_id, day) DO UPDATE
      SET nano_usd = spent_by_person.nano_usd + excluded.nano_usd, turns = spent_by_person.turns + excluded.turns`,
  );
}

function splitByPerson<Row extends Portion>(rows: readonly Row[]) {
  const ofPersons = rows.filter((row) => row.personId !== undefined);
  const ofServers = rows.filter((row) => row.personId === undefined);
  return [ofPersons, ofServers] as const;
}

function toFree(capNanoUsd: number, takenNanoUsd: number) {
  return capNanoUsd === 0 ? Infinity : Math.max(0, capNanoUsd - takenNanoUsd);
}
