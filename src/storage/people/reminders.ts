import {
  freeNumber,
  mostReminders,
  type NewReminder,
  type Reminder,
  type ReminderStore,
  type ShardPlace,
} from '#src/people/reminders.ts';
import type { Database } from '#src/storage/database.ts';

/** Reminders in SQLite, a row each until it was told. */
export class SqliteReminders implements ReminderStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(reminder: NewReminder): ReturnType<ReminderStore['add']> {
    const { guildId, personId } = reminder;
    return this.#database.write((sqlite) => {
      const sql = 'SELECT number FROM reminders WHERE guild_id = ? AND person_id = ?';
      const rows = sqlite.prepare(sql).all(guildId, personId);
      const number = freeNumber(new Set(rows.map((row) => Number(row.number))));
      if (number === undefined) return { kind: 'full', limit: mostReminders };
      const columns = reminderColumns.map(([name]) => name);
      const values = columns.map(() => '?');
      sqlite
        .prepare(`INSERT INTO reminders (${columns}) VALUES (${values})`)
        .run(...reminderValues({ ...reminder, number }));
      return { kind: 'added', number };
    });
  }

  list(guildId: string, personId: string): Promise<readonly Reminder[]> {
    const sql =
      'SELECT * FROM reminders WHERE guild_id = ? AND person_id = ? ORDER BY due_ms, number';
    return this.#database.read((sqlite) =>
      sqlite.prepare(sql).all(guildId, personId).map(reminderOf),
    );
  }

  soonest({ id, count }: ShardPlace, limit: number): Promise<readonly Reminder[]> {
    const sql = `SELECT * FROM reminders WHERE (CAST(guild_id AS INTEGER) >> 22) % ? = ?
      ORDER BY due_ms, id LIMIT ?`;
    return this.#database.read((sqlite) =>
      sqlite.prepare(sql).all(count, id, limit).map(reminderOf),
    );
  }

  async remove(id: string): Promise<boolean> {
    const sql = 'DELETE FROM reminders WHERE id = ?';
    const { changes } = await this.#database.write((sqlite) => sqlite.prepare(sql).run(id));
    return Number(changes) > 0;
  }

  async withdraw(guildId: string, personId: string): Promise<number> {
    const sql = 'DELETE FROM reminders WHERE guild_id = ? AND person_id = ?';
    const { changes } = await this.#database.write((sqlite) =>
      sqlite.prepare(sql).run(guildId, personId),
    );
    return Number(changes);
  }
}

/** Columns with their types, in the order of `reminderValues`. */
export const reminderColumns = [
  ['id', 'text'],
  ['guild_id', 'text'],
  ['person_id', 'text'],
  ['number', 'integer'],
  ['channel_id', 'text'],
  ['channel_name', 'text'],
  ['text', 'text'],
  ['set_ms', 'double precision'],
  ['due_ms', 'double precision'],
] as const;

export function reminderValues(reminder: Reminder) {
  const { id, guildId, personId, number, channelId, channelName } = reminder;
  const { text, setAtWallMs, dueAtWallMs } = reminder;
  const whose = [id, guildId, personId, number] as const;
  return [...whose, channelId, channelName, text, setAtWallMs, dueAtWallMs] as const;
}

export function reminderOf(row: Readonly<Record<string, unknown>>): Reminder {
  return {
    id: String(row.id),
    number: Number(row.number),
    guildId: String(row.guild_id),
    personId: String(row.person_id),
    channelId: String(row.channel_id),
    channelName: String(row.channel_name),
    text: String(row.text),
    setAtWallMs: Number(row.set_ms),
    dueAtWallMs: Number(row.due_ms),
  };
}
