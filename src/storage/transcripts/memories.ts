import type { Memory, MemoryStore, NewMemory } from '#src/captions/transcript-store.ts';
import type { Database } from '#src/storage/database.ts';
import type { DatabaseSync } from '#src/storage/sqlite.ts';
import type { Row } from './rows.ts';

/** Entries that one server may have. */
export const mostMemories = 50;

/** Memories of servers in SQLite. */
export class SqliteMemories implements MemoryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(guildId: string): Promise<readonly Memory[]> {
    const sql = 'SELECT * FROM memories WHERE guild_id = ? ORDER BY number';
    return this.#database.readSync((sqlite) => sqlite.prepare(sql).all(guildId).map(memoryOf));
  }

  add(memory: NewMemory): ReturnType<MemoryStore['add']> {
    return this.#database.writeSync((sqlite) => {
      const sql = 'SELECT count(*) AS n FROM memories WHERE guild_id = ?';
      const count = Number(sqlite.prepare(sql).get(memory.guildId)?.n);
      if (count >= mostMemories) return { kind: 'full', limit: mostMemories };
      const number = Number(sqlite.prepare(nextSql).get(memory.guildId)?.last_number);
      insert(sqlite, { ...memory, number });
      return { kind: 'added', memory: { ...memory, number } };
    });
  }

  async remove(guildId: string, number: number): Promise<boolean> {
    const sql = 'DELETE FROM memories WHERE guild_id = ? AND number = ?';
    const removed = await this.#database.writeSync((sqlite) => {
      const { changes } = sqlite.prepare(sql).run(guildId, number);
      forgetNumbers(sqlite);
      return changes;
    });
    if (removed === 0) return false;
    await this.#database.rewrite();
    return true;
  }
}

const nextSql = `
  INSERT INTO memory_numbers (guild_id, last_number) VALUES (?, 1)
  ON CONFLICT (guild_id) DO UPDATE SET last_number = last_number + 1
  RETURNING last_number`;

/** Servers without memories count from 1 again, and are known no more. */
export function forgetNumbers(sqlite: DatabaseSync): void {
  sqlite.exec('DELETE FROM memory_numbers WHERE guild_id NOT IN (SELECT guild_id FROM memories)');
}

function insert(sqlite: DatabaseSync, memory: Memory): void {
  const { guildId, number, text, byId, byName, aboutId, aboutName, atWallMs } = memory;
  sqlite
    .prepare(
      `INSERT INTO memories (guild_id, number, text, by_id, by_name, about_id, about_name, at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(guildId, number, text, byId, byName, aboutId ?? null, aboutName ?? null, atWallMs);
}

export function memoryOf(row: Row): Memory {
  return {
    guildId: String(row.guild_id),
    number: Number(row.number),
    text: String(row.text),
    byId: String(row.by_id),
    byName: String(row.by_name),
    ...(row.about_id !== null && { aboutId: String(row.about_id) }),
    ...(row.about_name !== null && { aboutName: String(row.about_name) }),
    atWallMs: Number(row.at_ms),
  };
}
