import type { Memory, MemoryStore, NewMemory } from '#src/captions/transcript-store.ts';
import type { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { memoryOf, mostMemories } from '#src/storage/transcripts/memories.ts';
import { forgetNumbers } from './eraser.ts';

/** Memories of servers in PostgreSQL. No write waits: a failure reaches the caller at once. */
export class PostgresMemories implements MemoryStore {
  readonly #database: OrderedDatabase;

  constructor(database: OrderedDatabase) {
    this.#database = database;
  }

  async list(guildId: string): Promise<readonly Memory[]> {
    const sql = 'SELECT * FROM memories WHERE guild_id = $1 ORDER BY number';
    const rows = await this.#database.pool.read((connection) => connection.rows(sql, [guildId]));
    return rows.map(memoryOf);
  }

  /** One after the other in each server: the row of its last number is locked. */
  add(memory: NewMemory): ReturnType<MemoryStore['add']> {
    const { guildId, text, byId, byName, aboutId, aboutName, atWallMs } = memory;
    return this.#database.pool.write(async (connection) => {
      await connection.run(lockSql, [guildId]);
      const count = 'SELECT count(*) AS n FROM memories WHERE guild_id = $1';
      const [row] = await connection.rows(count, [guildId]);
      if (Number(row?.n) >= mostMemories) return { kind: 'full', limit: mostMemories };
      const [next] = await connection.rows(nextSql, [guildId]);
      const number = Number(next?.last_number);
      const rest = [aboutId ?? null, aboutName ?? null, atWallMs];
      await connection.run(insertSql, [guildId, number, text, byId, byName, ...rest]);
      return { kind: 'added', memory: { ...memory, number } };
    });
  }

  remove(guildId: string, number: number): Promise<boolean> {
    const sql = 'DELETE FROM memories WHERE guild_id = $1 AND number = $2';
    return this.#database.pool.write(async (connection) => {
      const removed = await connection.run(sql, [guildId, number]);
      await forgetNumbers(connection, guildId);
      return removed > 0;
    });
  }
}

const lockSql = `
  INSERT INTO memory_numbers AS old VALUES ($1, 0)
  ON CONFLICT (guild_id) DO UPDATE SET last_number = old.last_number`;
const nextSql = `
  UPDATE memory_numbers SET last_number = last_number + 1 WHERE guild_id = $1 RETURNING last_number`;
const insertSql = `
  INSERT INTO memories (guild_id, number, text, by_id, by_name, about_id, about_name, at_ms)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
