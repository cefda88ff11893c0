import sql, { empty } from 'sql-template-tag';
import { addDays, monthOf } from '#src/spending/calendar.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import { id, instant, money, oneOf, optional, whole } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { adding, columnList, named, type Table, table } from '#src/sql/table.ts';
import { isNew } from '#src/sql/versions.ts';

const amounts = { nanoUsd: money, ms: whole, unpriced: whole, turns: whole };
/** Amounts of a day, such as `2026-11-20`: in the order of its bytes, as an id. `fromMs`: where it began at no midnight of UTC. */
const sums = { day: id, fromMs: optional(instant), ...amounts };
/** Days before and after one in which other servers may be, by their time zones and changes of these. */
const [before, after, farOff] = [2, 1, 3];
const entryColumns = {
  guildId: id,
  personId: optional(id),
  part: optional(oneOf('captions')),
  ...sums,
};

const spent = table(
  'spent',
  { guildId: id, ...sums },
  {
    key: ['guildId', 'day'],
    person: { forget: 'nothing' },
    server: {
      forget: 'later',
      column: 'guildId',
      reason: 'A server that comes back has its budget of the month, and not a new one.',
    },
  },
);

const spentOnCaptions = table(
  'spent_on_captions',
  { guildId: id, ...sums },
  {
    key: ['guildId', 'day'],
    indexes: { spent_on_captions_by_day: ['day'] },
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

const spentByPerson = table(
  'spent_by_person',
  { guildId: id, personId: id, ...sums },
  {
    key: ['guildId', 'personId', 'day'],
    indexes: { spent_by_person_by_day: ['day'] },
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Lane of what is spent, whatever the server. */
export const spendingLane = spent.name;

/** Amounts spent, a row per server and day; of persons and captions, of the days around the last one only. */
class SqlSpending implements SpendingStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  read(day: string): Promise<readonly SpendingEntry[]> {
    return this.#database.read([spendingLane], (connection) => readSpending(connection, day));
  }

  async add(entries: readonly SpendingEntry[]): Promise<void> {
    const day = entries.at(-1)?.day;
    if (day === undefined) return;
    await this.#database.writeOnce([spendingLane], async (connection, isFirst) => {
      if (isFirst) await addSpending(connection, entries, day);
    });
  }
}

export const spendingPart = storePart<SpendingStore>({
  tables: [spent, spentByPerson, spentOnCaptions],
  operations: { read: reads, add: writes },
  open: (database) => new SqlSpending(database),
});

/**
 * Adds to the sums, in one order of rows: two processes would wait for each other otherwise. A write that waited deletes nothing:
 * its `day` may be long over.
 */
export async function addSpending(
  connection: Connection,
  entries: readonly SpendingEntry[],
  day: string,
): Promise<void> {
  if (entries.length === 0) return;
  const sorted = entries.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const ofServers = sorted.filter(({ part, personId }) => !part && personId === undefined);
  const ofCaptions = sorted.filter(({ part }) => part === 'captions');
  const ofPersons = sorted.filter(({ personId }) => personId !== undefined);
  await addRows(connection, spent, ofServers);
  await addRows(connection, spentOnCaptions, ofCaptions);
  await addRows(connection, spentByPerson, ofPersons);
  if (!isNew(connection)) return;
  if (ofCaptions.length > 0) await eraseFarOff(connection, spentOnCaptions, day);
  if (ofPersons.length > 0) await eraseFarOff(connection, spentByPerson, day);
  await eraseOldSpending(connection, day);
}

/**
 * Spending of these servers, or of all: for servers the month of `day`, of UTC, so far, for persons and captions the days that
 * may run anywhere then.
 */
export function readSpending(
  connection: Connection,
  day: string,
  guildIds?: readonly string[],
): Promise<readonly SpendingEntry[]> {
  const mine = guildIds ? sql`AND guild_id ${connection.among(guildIds)}` : empty;
  const rest = columnList(sums);
  const [from, to] = [addDays(day, -before), addDays(day, after)];
  const around = sql`day >= ${from} AND day <= ${to}`;
  return connection.rows(
    entryColumns,
    sql`SELECT guild_id, NULL AS person_id, NULL AS part, ${rest} FROM spent WHERE day >= ${monthOf(from)} ${mine}
      UNION ALL SELECT guild_id, NULL, 'captions', ${rest} FROM spent_on_captions WHERE ${around} ${mine}
      UNION ALL SELECT guild_id, person_id, NULL, ${rest} FROM spent_by_person WHERE ${around} ${mine}`,
  );
}

/** Deletes sums of servers that removed the bot, of months before that of `day`, and ids of servers without sums. */
export async function eraseOldSpending(connection: Connection, day: string): Promise<void> {
  const removed = sql`SELECT guild_id FROM removed_guilds`;
  await connection.run(
    sql`DELETE FROM spent WHERE guild_id IN (${removed}) AND day < ${monthOf(addDays(day, -before))}`,
  );
  const theirs = sql`SELECT 1 FROM spent WHERE spent.guild_id = removed_guilds.guild_id`;
  await connection.run(sql`DELETE FROM removed_guilds WHERE NOT EXISTS (${theirs})`);
}

async function addRows(
  connection: Connection,
  into: Table,
  entries: readonly SpendingEntry[],
): Promise<void> {
  const conflict = adding(into, Object.keys(amounts));
  await connection.insert<Table>(into, entries, { conflict });
}

/**
 * Deletes sums of a table from long before `day`, and those of a wrong date: a clock may be wrong by years, and servers
 * in other time zones have other dates.
 */
async function eraseFarOff(connection: Connection, { name }: Table, day: string): Promise<void> {
  const isFarOff = sql`day < ${addDays(day, -farOff)} OR day > ${addDays(day, farOff)}`;
  await connection.run(sql`DELETE FROM ${named(name)} WHERE ${isFarOff}`);
}

function keyOf({ guildId, personId, part, day }: SpendingEntry): string {
  return JSON.stringify([guildId, personId, part, day]);
}
