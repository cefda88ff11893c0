import sql, { type Sql } from 'sql-template-tag';
import type { Public } from '#src/base/public.ts';
import { id, instant, integer, optional, text } from '#src/sql/columns.ts';
import type { Connection } from '#src/sql/connection.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { select, table } from '#src/sql/table.ts';

/** Something a server asked the bot to remember. */
export type Memory = {
  readonly guildId: string;
  /** Unique in its server, from 1; never used twice while the server has others. */
  readonly number: number;
  readonly text: string;
  readonly byId: string;
  readonly byName: string;
  /** Whom it is about, if not its author. */
  readonly aboutId?: string;
  readonly aboutName?: string;
  readonly atWallMs: number;
};

export type NewMemory = Omit<Memory, 'number'>;

export type MemoryList =
  /** `isOn`: the setting is; otherwise they are kept and not used. */
  | { readonly kind: 'read'; readonly memories: readonly Memory[]; readonly isOn: boolean }
  | { readonly kind: 'failed' };
export type MemoryRemoval =
  | { readonly kind: 'removed' | 'unknown' | 'failed' }
  | { readonly kind: 'denied'; readonly author: string };

export const memories = table(
  'memories',
  {
    guildId: id,
    number: integer,
    text,
    byId: id,
    byName: text,
    aboutId: optional(id),
    aboutName: optional(text),
    atWallMs: instant,
  },
  {
    key: ['guildId', 'number'],
    person: { forget: 'delete-any', columns: ['byId', 'aboutId'] },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** The last number that a server used. */
export const memoryNumbers = table(
  'memory_numbers',
  { guildId: id, lastNumber: integer },
  {
    key: ['guildId'],
    person: { forget: 'nothing' },
    server: { forget: 'delete', column: 'guildId' },
  },
);

/** Entries that one server may have. */
const mostMemories = 50;

/** Memories of servers. No write waits while the database is away: the caller learns of it at once. Errors: BotError `store.*`. */
export class MemoryStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  list(guildId: string): Promise<readonly Memory[]> {
    return this.#database.read((connection) =>
      select(connection, memories, sql`WHERE guild_id = ${guildId} ORDER BY number`),
    );
  }

  /**
   * `full`: the server has as many as it may. One after the other in each server: the row of its last number is locked.
   */
  add(
    memory: NewMemory,
  ): Promise<
    | { readonly kind: 'added'; readonly memory: Memory }
    | { readonly kind: 'full'; readonly limit: number }
  > {
    const { guildId } = memory;
    return this.#database.writeNow(async (connection) => {
      await connection.run(lockNumbers(guildId));
      const [there] = await connection.rows(
        { count: integer },
        sql`SELECT COUNT(*) AS count FROM memories WHERE guild_id = ${guildId}`,
      );
      if (there && there.count >= mostMemories) return { kind: 'full', limit: mostMemories };
      const [next] = await connection.rows(memoryNumbers.columns, useNumber(guildId));
      const added = { ...memory, number: next?.lastNumber ?? 1 };
      await connection.insert(memories, [added]);
      return { kind: 'added', memory: added };
    });
  }

  /** False: there is none of that number. */
  async remove(guildId: string, number: number): Promise<boolean> {
    const removed = await this.#database.writeNow(async (connection) => {
      const statement = sql`DELETE FROM memories WHERE guild_id = ${guildId} AND number = ${number}`;
      const count = await connection.run(statement);
      await forgetNumber(connection, guildId);
      return count;
    });
    if (removed === 0) return false;
    await this.#database.scrub();
    return true;
  }
}

/** Where memories are kept. */
export const memoryStore = new StoreKey<Public<MemoryStore>>('memories');

function lockNumbers(guildId: string): Sql {
  return sql`INSERT INTO memory_numbers (guild_id, last_number) VALUES (${guildId}, 0)
    ON CONFLICT (guild_id) DO UPDATE SET last_number = memory_numbers.last_number`;
}

function useNumber(guildId: string): Sql {
  return sql`UPDATE memory_numbers SET last_number = last_number + 1 WHERE guild_id = ${guildId}
    RETURNING guild_id, last_number`;
}

/** A server without memories counts from 1 again, and is known no more. */
export async function forgetNumber(connection: Connection, guildId: string): Promise<void> {
  await connection.run(
    sql`DELETE FROM memory_numbers WHERE guild_id = ${guildId}
      AND NOT EXISTS (SELECT 1 FROM memories WHERE memories.guild_id = memory_numbers.guild_id)`,
  );
}
