import sql from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import {
  freeNumber,
  mostReminders,
  type NewReminder,
  type Reminder,
  type ReminderStore,
  type ShardPlace,
} from '#src/people/reminders.ts';
import { id, instant, integer, text } from '#src/storage/sql/columns.ts';
import type { Connection } from '#src/storage/sql/connection.ts';
import { laneOf, type StoreDatabase } from '#src/storage/sql/store-database.ts';
import { select, table } from '#src/storage/sql/table.ts';

export const reminders = table(
  'reminders',
  {
    id,
    guildId: id,
    personId: id,
    number: integer,
    channelId: id,
    channelName: text,
    text,
    setAtWallMs: instant,
    dueAtWallMs: instant,
  },
  {
    key: ['id'],
    unique: [['guildId', 'personId', 'number']],
    indexes: { reminders_by_time: ['dueAtWallMs'] },
    person: { forget: 'delete', column: 'personId' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Reminders, a row each until it was told. No write waits while the database is away: the caller learns of the failure at once. */
export class SqlReminders implements ReminderStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  add(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    return this.#database.writeNow(async (connection) => {
      for (let tries = 0; tries < mostReminders; tries++) {
        const number = await freeNumberOf(connection, reminder);
        if (number === undefined) return { kind: 'full', limit: mostReminders };
        const rows = [{ ...reminder, number }];
        const conflict = sql`ON CONFLICT DO NOTHING`; // another process took the number just now
        if ((await connection.insert(reminders, rows, { conflict })) > 0)
          return { kind: 'added', number };
      }
      const message = 'Too many reminders were set at once, and one of them was not written.';
      throw new BotError('store.unwritable', true, message);
    });
  }

  list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    return this.#database.readPast([laneOf(reminders, guildId)], (connection) =>
      select(
        connection,
        reminders,
        sql`WHERE guild_id = ${guildId} AND person_id = ${personId} ORDER BY due_at_wall_ms, number`,
      ),
    );
  }

  soonest({ id, count }: ShardPlace, limit: number): Promise<readonly Reminder[]> {
    const mine = sql`(CAST(guild_id AS BIGINT) >> 22) % CAST(${count} AS BIGINT) = CAST(${id} AS BIGINT)`;
    return this.#database.readTogether((connection) =>
      select(connection, reminders, sql`WHERE ${mine} ORDER BY due_at_wall_ms, id LIMIT ${limit}`),
    );
  }

  async remove(id: string): Promise<boolean> {
    const statement = sql`DELETE FROM reminders WHERE id = ${id}`;
    return (await this.#database.writeNow((connection) => connection.run(statement))) > 0;
  }

  withdraw(guildId: string, personId: string): Promise<number> {
    const statement = sql`DELETE FROM reminders WHERE guild_id = ${guildId} AND person_id = ${personId}`;
    return this.#database.write([laneOf(reminders, guildId)], (connection) =>
      connection.run(statement),
    );
  }
}

async function freeNumberOf(
  connection: Connection,
  { guildId, personId }: NewReminder,
): Promise<number | undefined> {
  const theirs = await connection.rows(
    { number: integer },
    sql`SELECT number FROM reminders WHERE guild_id = ${guildId} AND person_id = ${personId}`,
  );
  return freeNumber(new Set(theirs.map(({ number }) => number)));
}
