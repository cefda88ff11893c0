import sql from 'sql-template-tag';
import { addDays } from '#src/spending/calendar.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import { id, money, optional, whole } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { adding, columnList, deleteRows, type Table, table } from '#src/sql/table.ts';

const amounts = { nanoUsd: money, turns: whole };
/** Amounts of a day, such as `2026-11-20`: in the order of its bytes, as an id. */
const sums = { day: id, ...amounts };
const entryColumns = { guildId: id, personId: optional(id), ...sums };

const spent = table(
  'spent',
  { guildId: id, ...sums },
  {
    key: ['guildId', 'day'],
    indexes: { spent_by_day: '(day)' },
    person: { forget: 'nothing' },
    server: { forget: 'later' },
  },
);

const spentByPerson = table(
  'spent_by_person',
  { guildId: id, personId: id, ...sums },
  {
    key: ['guildId', 'personId', 'day'],
    indexes: { spent_by_person_by_day: '(day)' },
    person: { forget: 'delete', columns: ['personId'] },
    server: { forget: 'delete' },
  },
);

/** Amounts spent, a row per server, person and day, of the days around the last one only. */
export const spendingPart: StorePart<SpendingStore> = {
  tables: [spent, spentByPerson],
  open: (database) => ({
    read(day) {
      return database.read((connection) => {
        const rest = columnList(sums);
        return connection.rows(
          entryColumns,
          sql`SELECT guild_id, NULL AS person_id, ${rest} FROM spent WHERE day = ${day}
          UNION ALL SELECT guild_id, person_id, ${rest} FROM spent_by_person WHERE day = ${day}`,
        );
      });
    },

    async add(entries, day) {
      await database.write((connection) => addSpending(connection, entries, day));
    },
  }),
};

/** Deletes sums of days that are not next to `day`, too: a clock may be wrong, also by years. */
async function addSpending(
  connection: Connection,
  entries: readonly SpendingEntry[],
  day: string,
): Promise<void> {
  const isFarOff = sql`day < ${addDays(day, -1)} OR day > ${addDays(day, 1)}`;
  for (const into of [spent, spentByPerson]) {
    const rows = entries.filter(({ personId }) => (personId === undefined) === (into === spent));
    const conflict = adding(into, Object.keys(amounts));
    await connection.insert<Table>(into, rows, conflict);
  }
  const old = [sql`spent WHERE ${isFarOff}`, sql`spent_by_person WHERE ${isFarOff}`];
  await deleteRows(connection, old);
}
