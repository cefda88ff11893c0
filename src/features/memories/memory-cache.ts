import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { Memory, MemoryList, MemoryRemoval, MemoryStore, NewMemory } from './memory-store.ts';
import { mayForget } from './memory-tools.ts';
import { memorySetting } from './usable-memories.ts';

type MemoryParts = StoreWatch & {
  readonly store: Public<MemoryStore>;
};

/** Memories of one server as they are known; each change of them counts `version` on. */
type KnownMemories = { readonly all: readonly Memory[]; readonly version: number };

const nothing: KnownMemories = { all: [], version: 0 };

/** Cache of the memories of all servers, over their store: answers wait for no store. */
export class MemoryCache {
  readonly #parts: MemoryParts;
  readonly #known = new Map<string, KnownMemories>();

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** Memories as last read; none before that. */
  known(guildId: string): readonly Memory[] {
    return this.#at(guildId).all;
  }

  /** Reads them anew; undefined where that fails, which is reported to the operator. Never throws. */
  async load(guildId: string): Promise<readonly Memory[] | undefined> {
    const { version } = this.#at(guildId);
    const read = () => this.#parts.store.list(guildId);
    const all = await withStoreTimeout(guildId, this.#parts, 'store.unreadable', read);
    if (!all) return undefined;
    if (this.#at(guildId).version !== version) return await this.load(guildId); // changed meanwhile
    this.#known.set(guildId, { all, version });
    return all;
  }

  /** Errors: as `MemoryStore.add`. */
  async add(memory: NewMemory): ReturnType<MemoryStore['add']> {
    const added = await this.#parts.store.add(memory);
    if (added.kind === 'added') {
      this.#change(memory.guildId, (all) => [
        ...all.filter(({ number }) => number !== added.memory.number),
        added.memory,
      ]);
    }
    return added;
  }

  /** False: there is none of that number. Errors: as `MemoryStore.remove`. */
  async remove(guildId: string, number: number): Promise<boolean> {
    const removed = await this.#parts.store.remove(guildId, number);
    this.#change(guildId, (all) => all.filter((one) => one.number !== number));
    return removed;
  }

  /** Drops those by or about this person, or all of the server, from the cache; the store is unchanged. */
  forget(guildId: string, personId?: string): void {
    this.#change(guildId, (all) =>
      all.filter((one) => personId !== undefined && isOfOthers(one, personId)),
    );
  }

  #at(guildId: string): KnownMemories {
    return this.#known.get(guildId) ?? nothing;
  }

  #change(guildId: string, step: (all: readonly Memory[]) => readonly Memory[]): void {
    const { all, version } = this.#at(guildId);
    this.#known.set(guildId, { all: step(all), version: version + 1 });
  }
}

function isOfOthers({ byId, aboutId }: Memory, personId: string): boolean {
  return byId !== personId && aboutId !== personId;
}

export type MemoryRequests = ReturnType<typeof memoryRequests>;

/** Requests of commands about the memories of servers. */
export function memoryRequests(
  known: MemoryCache,
  parts: SessionDependencies,
  { settings }: VoiceSessions,
) {
  return {
    async list(guildId: string): Promise<MemoryList> {
      await settings.load(guildId);
      const memories = await known.load(guildId);
      if (!memories) return { kind: 'failed' };
      return { kind: 'read', memories, isOn: settings.in(guildId).of(memorySetting) };
    },

    /** Allowed for its author, the person it is about, and managers of the server. */
    async remove(
      guildId: string,
      number: number,
      by: { readonly id: string; readonly mayManage: boolean },
    ): Promise<MemoryRemoval> {
      const all = await known.load(guildId);
      if (!all) return { kind: 'failed' };
      const memory = all.find((one) => one.number === number);
      if (!memory) return { kind: 'unknown' };
      if (!mayForget(memory, by.id, by.mayManage)) return { kind: 'denied', author: memory.byName };
      const remove = () => known.remove(guildId, number);
      const removed = await withStoreTimeout(guildId, parts, 'store.unwritable', remove);
      if (removed === undefined) return { kind: 'failed' };
      return { kind: removed ? 'removed' : 'unknown' };
    },
  };
}
