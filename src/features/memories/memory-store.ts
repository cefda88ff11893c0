import sql from 'sql-template-tag';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import {
  guildId,
  instant,
  integer,
  personId,
  text,
  toOptional,
} from '#src/sql/columns.ts';
import type { StoreDatabase } from '#src/sql/store-database.ts';
import { StoreKey } from '#src/sql/store-part.ts';
import { defineTable, removeRows, selectRows } from '#src/sql/table.ts';

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

export const memoriesTable = defineTable(
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
  },
);

const maxMemories = 50;

export type MemoryStore = ReturnType<typeof openMemoryStore>;

/**
 * Opens the store, which fails at once while the database is away. Throws BotError
 * `store.*`.
 */
export function openMemoryStore(database: StoreDatabase) {
  return {
    list(guildId: GuildId): Promise<readonly Memory[]> {
      return database.read((connection) =>
        selectRows(
          connection,
          memoriesTable,
          sql`WHERE guild_id = ${guildId} ORDER BY number`,
        ),
      );
    },

    add(
      memory: NewMemory,
    ): Promise<
      | { readonly kind: 'added'; readonly memory: Memory }
      | { readonly kind: 'full'; readonly limit: number }
    > {
      return database.write(async (connection) => {
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
    },

    async remove(guildId: GuildId, number: number): Promise<boolean> {
      const removed = await removeRows(database, memoriesTable, { guildId, number });
      if (removed === 0) return false;
      await database.scrub();
      return true;
    },
  };
}

export const memoryStorePart = new StoreKey<MemoryStore>('memories');
