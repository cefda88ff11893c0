import sql from 'sql-template-tag';
import type { AdmittedErasure, PartErasure } from '#src/base/erasures.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import {
  type ColumnsOf,
  guildId,
  instant,
  integer,
  personId,
  text,
  toOptional,
} from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { defineTable, selectRows, type Table } from '#src/sql/table.ts';

export type Memory = {
  readonly guildId: GuildId;
  readonly number: number;
  readonly text: string;
  readonly byId: PersonId;
  readonly byName: string;
  /** Absent if the memory is about its author. */
  readonly aboutId?: PersonId;
  readonly aboutName?: string;
  readonly atWallMs: number;
};

export type NewMemory = Omit<Memory, 'number'>;

/** Memories are kept while the setting is off. */
export type MemoryList = {
  readonly memories: readonly Memory[];
  readonly isOn: boolean;
};

export const memoriesTable: Table<ColumnsOf<Memory>> = defineTable(
  'memories',
  {
    guildId,
    number: integer,
    text,
    byId: personId,
    byName: text,
    aboutId: toOptional(personId),
    aboutName: toOptional(text),
    atWallMs: instant,
  },
  {
    key: ['guildId', 'number'],
    person: ['byId', 'aboutId'],
    server: 'delete',
    restored: 'all',
  },
);

const maxMemories = 50;

export type MemoryAddOutcome =
  | { readonly kind: 'added'; readonly memory: Memory }
  | { readonly kind: 'full'; readonly limit: number };

/** Keeps memories. Fails at once while the database is away. Throws BotError `store.*`. */
export class MemoryStore {
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** Lists memories of a server by number. */
  list(guildId: GuildId): Promise<readonly Memory[]> {
    return this.#database.read((connection) =>
      selectRows(
        connection,
        memoriesTable,
        sql`WHERE guild_id = ${guildId} ORDER BY number`,
      ),
    );
  }

  /** Adds a memory with the next number, unless the server has 50. */
  add(memory: NewMemory): Promise<MemoryAddOutcome> {
    return this.#database.write(async (connection) => {
      const [{ count, last } = { count: 0, last: 0 }] = await connection.rows(
        { count: integer, last: integer },
        sql`SELECT COUNT(*) AS count, COALESCE(MAX(number), 0) AS last
            FROM memories WHERE guild_id = ${memory.guildId}`,
      );
      if (count >= maxMemories) return { kind: 'full', limit: maxMemories };
      const added = { ...memory, number: last + 1 };
      await connection.insert(memoriesTable, [added]);
      return { kind: 'added', memory: added };
    });
  }

  /** Removes a memory without a trace in the file. Returns false if there is none. */
  async remove(
    erasure: AdmittedErasure<PartErasure>,
    number: number,
  ): Promise<boolean> {
    const removed = await this.#database.erase(erasure, (connection) =>
      connection.run(
        sql`DELETE FROM memories WHERE guild_id = ${erasure.guildId} AND number = ${number}`,
      ),
    );
    await this.#database.overwriteErased('no byte');
    return removed > 0;
  }
}

export const memoryStorePart: StoreKey<MemoryStore> = new StoreKey('memories');
