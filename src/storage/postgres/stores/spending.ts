import { monthOf } from '#src/spending/calendar.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection, SqlRow } from '#src/storage/postgres/sql-connection.ts';
import { removedSpendingErasures } from '#src/storage/stores/guilds.ts';
import { insertRows, spendingLane, textOf } from './writing.ts';

/** Amounts spent, in PostgreSQL: rows as in SQLite, to which several processes add. */
export class PostgresSpending implements SpendingStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  read(day: string): Promise<readonly SpendingEntry[]> {
    return this.#database.read([spendingLane], (connection) => readSpending(connection, day));
  }

  async add(entries: readonly SpendingEntry[]): Promise<void> {
    await this.#database.writeOnce([spendingLane], async (connection, isFirst) => {
      if (isFirst) await addSpending(connection, entries);
    });
  }
}

const amounts = ['nano_usd', 'ms', 'unpriced', 'turns'] as const;
const amountColumns = amounts.map((name) => `${name} bigint`);
const added = amounts.map((name) => `${name} = old.${name} + excluded.${name}`);

/** Rows in one order, or two processes would wait for each other. */
export async function addSpending(
  connection: SqlConnection,
  entries: readonly SpendingEntry[],
): Promise<void> {
  const ofServers = entries.filter(({ part, personId }) => !part && personId === undefined);
  const ofCaptions = entries.filter(({ part }) => part === 'captions');
  const ofPersons = entries.filter(({ personId }) => personId !== undefined);
  await addRows(connection, 'spent', ofServers);
  await addRows(connection, 'spent_on_captions', ofCaptions);
  await addRows(connection, 'spent_by_person', ofPersons);
  await eraseFarOff(connection, 'spent_on_captions', ofCaptions);
  await eraseFarOff(connection, 'spent_by_person', ofPersons);
  const [first] = entries;
  if (!first) return;
  for (const { text, values } of removedSpendingErasures(first.day))
    await connection.run(text, values);
}

/** Spending of these servers, or of all: for servers the month of `day` so far, for persons and captions that day. */
export async function readSpending(
  connection: SqlConnection,
  day: string,
  guildIds: readonly string[] | null = null,
): Promise<readonly SpendingEntry[]> {
  const mine = '($3::text[] IS NULL OR guild_id = ANY ($3))';
  const sums = `day, ${amounts}`;
  const rows = await connection.rows(
    `SELECT guild_id, NULL AS person_id, NULL AS part, ${sums} FROM spent WHERE day >= $1 AND ${mine}
     UNION ALL SELECT guild_id, NULL, 'captions', ${sums} FROM spent_on_captions WHERE day = $2 AND ${mine}
     UNION ALL SELECT guild_id, person_id, NULL, ${sums} FROM spent_by_person WHERE day = $2 AND ${mine}`,
    [monthOf(day), day, guildIds],
  );
  return rows.map(entryOf);
}

async function addRows(
  connection: SqlConnection,
  table: string,
  entries: readonly SpendingEntry[],
): Promise<void> {
  const isOfPersons = table === 'spent_by_person';
  const keys = isOfPersons ? ['guild_id', 'person_id', 'day'] : ['guild_id', 'day'];
  const rows = entries.map(({ guildId, personId, day, nanoUsd, ms, unpriced, turns }) => [
    ...(isOfPersons ? [guildId, personId, day] : [guildId, day]),
    ...[nanoUsd, ms, unpriced, turns],
  ]);
  await insertRows(
    connection,
    `${table} AS old`,
    [...keys.map((key) => `${key} text`), ...amountColumns],
    rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    `ON CONFLICT (${keys}) DO UPDATE SET ${added}`,
  );
}

/** Deletes sums from before yesterday or of a wrong date: a clock may be wrong by years. */
async function eraseFarOff(
  connection: SqlConnection,
  table: string,
  [first]: readonly SpendingEntry[],
): Promise<void> {
  if (!first) return;
  const beside = (days: string) => `(to_date($1, 'YYYY-MM-DD') ${days})::text`;
  const isFarOff = `day < ${beside('- 1')} OR day > ${beside('+ 1')}`;
  await connection.run(`DELETE FROM ${table} WHERE ${isFarOff}`, [first.day]);
}

function keyOf(row: readonly unknown[]): string {
  return JSON.stringify(row);
}

function entryOf(row: SqlRow): SpendingEntry {
  const personId = textOf(row, 'person_id');
  return {
    guildId: String(row.guild_id),
    ...(personId !== undefined && { personId }),
    ...(row.part === 'captions' && { part: row.part }),
    day: String(row.day),
    nanoUsd: Number(row.nano_usd),
    ms: Number(row.ms),
    unpriced: Number(row.unpriced),
    turns: Number(row.turns),
  };
}
