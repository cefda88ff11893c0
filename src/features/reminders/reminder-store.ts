import sql from 'sql-template-tag';
import { BotError } from '#src/base/errors.ts';
import type { Public } from '#src/base/public.ts';
import {
  freeNumber,
  mostReminders,
  type NewReminder,
  type Reminder,
} from '#src/features/reminders/reminder.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import { id, instant, integer, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { reads, storePart, writes } from '#src/sql/store-part.ts';
import { isOfShard, select, table } from '#src/sql/table.ts';

const reminders = table(
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

/** Reminders, a row each until it was delivered. No write waits while the database is away: the caller learns of the failure at once. */
export class ReminderStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** `full`: this person has as many there as may be. Errors: BotError `store.unwritable`. */
  add(
    reminder: NewReminder,
  ): Promise<
    | { readonly kind: 'added'; readonly number: number }
    | { readonly kind: 'full'; readonly limit: number }
  > {
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

  /** Reminders of one person in one server, the soonest first. Errors: BotError `store.unreadable`. */
  list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    return this.#database.read((connection) =>
      select(
        connection,
        reminders,
        sql`WHERE guild_id = ${guildId} AND person_id = ${personId} ORDER BY due_at_wall_ms, number`,
      ),
    );
  }

  /** Reminders of all servers of a shard, at most so many, the soonest first. Errors: BotError `store.unreadable`. */
  soonest(shard: ServerShare, limit: number): Promise<readonly Reminder[]> {
    return this.#database.readTogether((connection) =>
      select(
        connection,
        reminders,
        sql`WHERE ${isOfShard(shard)} ORDER BY due_at_wall_ms, id LIMIT ${limit}`,
      ),
    );
  }

  /** False: it no longer exists. Errors: BotError `store.unwritable`. */
  async remove(id: string): Promise<boolean> {
    const statement = sql`DELETE FROM reminders WHERE id = ${id}`;
    return (await this.#database.writeNow((connection) => connection.run(statement))) > 0;
  }

  /** Deletes those of one person in one server; how many. Errors: BotError `store.unwritable`. */
  withdraw(guildId: string, personId: string): Promise<number> {
    const statement = sql`DELETE FROM reminders WHERE guild_id = ${guildId} AND person_id = ${personId}`;
    return this.#database.write((connection) => connection.run(statement));
  }
}

export const reminderPart = storePart<Public<ReminderStore>>({
  tables: [reminders],
  operations: { add: writes, list: reads, soonest: reads, remove: writes, withdraw: writes },
  open: (database) => new ReminderStore(database),
});

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
