import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Memory, MemoryList, MemoryStore, NewMemory } from './memory-store.ts';
import { memorySetting } from './usable-memories.ts';

/** Answers wait for no store. The store answers in order, so nothing older replaces a change. */
export class MemoryCache {
  readonly #store;
  readonly #watch;
  readonly #settings;
  readonly #getKnown = new Map<string, readonly Memory[]>();

  constructor(
    store: MemoryStore,
    watch: StoreWatch,
    { settings }: Pick<VoiceSessions, 'settings'>,
  ) {
    this.#store = store;
    this.#watch = watch;
    this.#settings = settings;
  }

  getKnown(guildId: GuildId): readonly Memory[] {
    return this.#getKnown.get(guildId) ?? [];
  }

  /** Reports a failure of the store and returns undefined. Never throws. */
  async loadMemories(guildId: GuildId): Promise<readonly Memory[] | undefined> {
    const read = () => this.#store.list(guildId);
    const all = await withStoreTimeout(guildId, this.#watch, 'store.unreadable', read);
    if (all) this.#getKnown.set(guildId, all);
    return all;
  }

  async addMemory(memory: NewMemory): ReturnType<MemoryStore['add']> {
    const added = await this.#store.add(memory);
    // The next answer may use the memory before the store is read again.
    if (added.kind === 'added') {
      const { memory: one } = added;
      this.#updateCache(one.guildId, ({ number }) => number !== one.number, [one]);
    }
    return added;
  }

  /** Without a person, drops all of the server. The store is unchanged. */
  dropCached(guildId: GuildId, personId?: PersonId) {
    this.#updateCache(
      guildId,
      ({ byId, aboutId }) =>
        personId !== undefined && byId !== personId && aboutId !== personId,
    );
  }

  async listMemories(guildId: GuildId): Promise<MemoryList | undefined> {
    await this.#settings.loadGuild(guildId);
    const memories = await this.loadMemories(guildId);
    return (
      memories && {
        memories,
        isOn: this.#settings.getForGuild(guildId).getValue(memorySetting),
      }
    );
  }

  /** Deletes a memory for its author, its subject or a manager. Returns the line for the caller. */
  async removeMemory(
    guildId: GuildId,
    number: number,
    by: { readonly id: string; readonly mayManage: boolean },
  ): Promise<TextLine> {
    const all = await this.loadMemories(guildId);
    const memory = all?.find((one) => one.number === number);
    if (all && !memory) return { id: 'unknown', with: { x: number } };
    if (memory && !mayForgetMemory(memory, by)) return { id: 'perm.manage' };
    const removeStored = () => this.#store.remove(guildId, number);
    const removed =
      memory &&
      (await withStoreTimeout(guildId, this.#watch, 'store.unwritable', removeStored));
    if (removed === undefined) return { id: 'store.unread' };
    this.#updateCache(guildId, (one) => one.number !== number);
    return { id: 'confirm.done' };
  }

  #updateCache(
    guildId: GuildId,
    which: (one: Memory) => boolean,
    more: readonly Memory[] = [],
  ) {
    this.#getKnown.set(guildId, [...this.getKnown(guildId).filter(which), ...more]);
  }
}

export function mayForgetMemory(
  { byId, aboutId }: Memory,
  { id, mayManage }: { readonly id: string; readonly mayManage: boolean },
): boolean {
  return mayManage || byId === id || aboutId === id;
}
