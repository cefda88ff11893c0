import type { Memory, MemoryStore } from '#src/captions/transcript-store.ts';

/** Memories of all servers, at hand for answers. */
export interface ServerMemories {
  /** As they were read last; none before that. */
  known(guildId: string): readonly Memory[];
  /** Reads them anew; undefined where that fails, which the operator is told once. Never throws. */
  load(guildId: string): Promise<readonly Memory[] | undefined>;
  /** Errors: as `MemoryStore.add`. */
  add(...args: Parameters<MemoryStore['add']>): ReturnType<MemoryStore['add']>;
  /** False: there is none of that number. Errors: as `MemoryStore.remove`. */
  remove(guildId: string, number: number): Promise<boolean>;
  /** Those by or about this person, or all of the server, are used no more; the store is not told. */
  forget(guildId: string, personId?: string): void;
}
