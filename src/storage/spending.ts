import { monthOf } from '#src/spending/calendar.ts';
import type { SpendingEntry, SpendingStore } from '#src/spending/spending-store.ts';
import type { Database } from './database.ts';
import type { DatabaseSync } from './sqlite.ts';
import { removedSpendingErasures } from './stores/guilds.ts';

/**
 * Amounts spent, in SQLite: a row per server and day, and one per person, server and day, and of captions per server and
 * day, of the days around the last one only.
 */
export class SqliteSpending implements SpendingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(day: string): Promise<readonly SpendingEntry[]> {
    const rows = await this.#database.readSync((sqlite) => [
      ...sqlite.prepare('SELECT * FROM spent WHERE day >= ?').all(monthOf(day)),
      ...sqlite
        .prepare("SELECT *, 'captions' AS part FROM spent_on_captions WHERE day = ?")
        .all(day),
      ...sqlite.prepare('SELECT * FROM spent_by_person WHERE day = ?').all(day),
    ]);
    return rows.map(entryOf);
  }

  async add(entries: readonly SpendingEntry[]): Promise<void> {
    await this.#database.writeSync((sqlite) => {
      for (const entry of entries) {
        if (entry.part === 'captions') addToCaptions(sqlite, entry);
        else if (entry.personId === undefined) addToServer(sqlite, 'spent', entry);
        else addToPerson(sqlite, { ...entry, personId: entry.personId });
      }
      const [first] = entries;
      if (!first) return;
      for (const { sql, values } of removedSpendingErasures(first.day))
        sqlite.prepare(sql).run(...values.map(String));
    });
  }
}

const added = 'nano_usd + excluded.nano_usd, ms = ms + excluded.ms';
const addedCounts = 'unpriced = unpriced + excluded.unpriced, turns = turns + excluded.turns';

function addToCaptions(sqlite: DatabaseSync, entry: SpendingEntry): void {
  eraseFarOff(sqlite, 'spent_on_captions', entry.day);
  addToServer(sqlite, 'spent_on_captions', entry);
}

function addToServer(
  sqlite: DatabaseSync,
  table: 'spent' | 'spent_on_captions',
  { guildId, day, nanoUsd, ms, unpriced, turns }: SpendingEntry,
): void {
  const sql = `INSERT INTO ${table} (guild_id, day, nano_usd, ms, unpriced, turns) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET nano_usd = ${added}, ${addedCounts}`;
  sqlite.prepare(sql).run(guildId, day, nanoUsd, ms, unpriced, turns);
}

function eraseFarOff(
  sqlite: DatabaseSync,
  table: 'spent_by_person' | 'spent_on_captions',
  day: string,
): void {
  const isFarOff = "day < date(?, '-1 day') OR day > date(?, '+1 day')";
  sqlite.prepare(`DELETE FROM ${table} WHERE ${isFarOff}`).run(day, day);
}

/**
 * Adds to the sums of a person, and deletes those from before yesterday or of a wrong date: a clock may be wrong by years, and
 * around midnight two days take turns.
 */
function addToPerson(
  sqlite: DatabaseSync,
  {
    guildId,
    personId,
    day,
    nanoUsd,
    ms,
    unpriced,
    turns,
  }: SpendingEntry & { readonly personId: string },
): void {
  eraseFarOff(sqlite, 'spent_by_person', day);
  const sql = `INSERT INTO spent_by_person (guild_id, person_id, day, nano_usd, ms, unpriced, turns)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET nano_usd = ${added}, ${addedCounts}`;
  sqlite.prepare(sql).run(guildId, personId, day, nanoUsd, ms, unpriced, turns);
}

function entryOf(row: Readonly<Record<string, unknown>>): SpendingEntry {
  return {
    guildId: String(row.guild_id),
    ...(row.person_id !== undefined && { personId: String(row.person_id) }),
    ...(row.part === 'captions' && { part: row.part }),
    day: String(row.day),
    nanoUsd: Number(row.nano_usd),
    ms: Number(row.ms),
    unpriced: Number(row.unpriced),
    turns: Number(row.turns),
  };
}
