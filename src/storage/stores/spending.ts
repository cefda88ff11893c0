import sql from 'sql-template-tag';
import { addDays } from '#src/spending/calendar.ts';
import type { SpendingStore } from '#src/spending/spending-store.ts';
import { guildId, id, money, personId, whole } from '#src/sql/columns.ts';
import type { StorePart } from '#src/sql/store-part.ts';
import { defineTable, deleteRows, selectRows, type Table } from '#src/sql/table.ts';

/** A day such as `2026-11-20` sorts by bytes, as an id does. */
const sums = { day: id, nanoUsd: money, turns: whole };

const spent = defineTable(
  'spent',
  { guildId, ...sums },
  {
    key: ['guildId', 'day'],
    indexes: { spent_by_day: '(day)' },
    person: [],
    server: 'later',
    restored: 'all',
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
    restored: 'all',
  },
);

/** Spending by server, person and day, for days around the last one. */
export const spendingPart: StorePart<SpendingStore> = {
  tables: [spent, spentByPerson],
  open: (database) => ({
    read(day) {
      const ofDay = sql`WHERE day = ${day}`;
      return database.read(async (connection) => [
        ...(await selectRows(connection, spent, ofDay)),
        ...(await selectRows(connection, spentByPerson, ofDay)),
      ]);
    },

    /** Adds spending, and removes days that a wrong clock made distant. */
    async add(entries, day) {
      const isFarOff = sql`day < ${addDays(day, -1)} OR day > ${addDays(day, 1)}`;
      const ofServers = entries.filter(({ personId }) => personId === undefined);
      const ofPersons = entries.filter(({ personId }) => personId !== undefined);
      await database.write(async (connection) => {
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
        const old = [
          sql`spent WHERE ${isFarOff}`,
          sql`spent_by_person WHERE ${isFarOff}`,
        ];
        await deleteRows(connection, old);
      });
    },
  }),
};
