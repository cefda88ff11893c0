import { StoreKey } from '#src/sql/store-part.ts';
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

/** Memories of servers. Errors: BotError `store.*`. */
export interface MemoryStore {
  list(guildId: string): Promise<readonly Memory[]>;
  /** `full`: the server has as many as it may, 50. */
  add(
    memory: NewMemory,
  ): Promise<
    | { readonly kind: 'added'; readonly memory: Memory }
    | { readonly kind: 'full'; readonly limit: number }
  >;
  /** False: there is none of that number. */
  remove(guildId: string, number: number): Promise<boolean>;
}

export type MemoryList =
  /** `isOn`: the setting is; otherwise they are kept and not used. */
  | { readonly kind: 'read'; readonly memories: readonly Memory[]; readonly isOn: boolean }
  | { readonly kind: 'failed' };
export type MemoryRemoval =
  | { readonly kind: 'removed' | 'unknown' | 'failed' }
  | { readonly kind: 'denied'; readonly author: string };

/** Where memories are kept. */
export const memoryStore = new StoreKey<MemoryStore>('memories');
