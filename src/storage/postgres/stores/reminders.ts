import { BotError } from '#src/base/errors.ts';
import {
  mostReminders,
  type NewReminder,
  type Reminder,
  type ReminderStore,
  type ShardPlace,
} from '#src/people/reminders.ts';
import { reminderColumns, reminderOf, reminderValues } from '#src/storage/people/reminders.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import type { SqlConnection } from '#src/storage/postgres/sql-connection.ts';
import { serverLane } from './writing.ts';

/**
 * Reminders in PostgreSQL, a row each until it was told. No write waits while the database is away: the caller learns of the failure at once
 * that it failed.
 */
export class PostgresReminders implements ReminderStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  add(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    return this.#database.pool.write(async (connection) => {
      for (let tries = 0; tries < mostReminders; tries++) {
        const number = await insert(connection, reminder);
        if (number !== undefined) return { kind: 'added', number };
        if (await isFull(connection, reminder)) return { kind: 'full', limit: mostReminders };
      }
      const message = 'Too many reminders were set at once, and one of them was not written.';
      throw new BotError('store.unwritable', true, message);
    });
  }

  async list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    const sql =
      'SELECT * FROM reminders WHERE guild_id = $1 AND person_id = $2 ORDER BY due_ms, number';
    const rows = await this.#database.readPast([serverLane('reminders', guildId)], (connection) =>
      connection.rows(sql, [guildId, personId]),
    );
    return rows.map(reminderOf);
  }

  async soonest({ id, count }: ShardPlace, limit: number): Promise<readonly Reminder[]> {
    const sql = `SELECT * FROM reminders WHERE (guild_id::bigint >> 22) % $2::bigint = $3::bigint
      ORDER BY due_ms, id LIMIT $1`;
    const rows = await this.#database.pool.read((connection) =>
      connection.rows(sql, [limit, count, id]),
    );
    return rows.map(reminderOf);
  }

  async remove(id: string): Promise<boolean> {
    const sql = 'DELETE FROM reminders WHERE id = $1';
    return (await this.#database.pool.write((connection) => connection.run(sql, [id]))) > 0;
  }

  withdraw(guildId: string, personId: string): Promise<number> {
    const sql = 'DELETE FROM reminders WHERE guild_id = $1 AND person_id = $2';
    return this.#database.write([serverLane('reminders', guildId)], (connection) =>
      connection.run(sql, [guildId, personId]),
    );
  }
}

/** Its number; undefined where none was free, or another process has just taken it. */
async function insert(
  connection: SqlConnection,
  reminder: NewReminder,
): Promise<number | undefined> {
  const given = reminderColumns.filter(([name]) => name !== 'number');
  const values = reminderValues({ ...reminder, number: 0 }).filter((_, n) => n !== numberAt);
  const names = given.map(([name]) => name);
  const parameters = given.map(([, type], n) => `$${n + 1}::${type}`);
  const sql = `INSERT INTO reminders (${names}, number)
    SELECT ${parameters}, free.n FROM generate_series(1, ${mostReminders}) AS free (n)
    WHERE NOT EXISTS (
      SELECT FROM reminders r WHERE r.guild_id = $2 AND r.person_id = $3 AND r.number = free.n)
    ORDER BY free.n LIMIT 1
    ON CONFLICT DO NOTHING RETURNING number`;
  const [row] = await connection.rows(sql, values);
  return row && Number(row.number);
}

const numberAt = reminderColumns.findIndex(([name]) => name === 'number');

async function isFull(
  connection: SqlConnection,
  { guildId, personId }: NewReminder,
): Promise<boolean> {
  const sql = 'SELECT count(*) AS n FROM reminders WHERE guild_id = $1 AND person_id = $2';
  const [row] = await connection.rows(sql, [guildId, personId]);
  return Number(row?.n) >= mostReminders;
}
