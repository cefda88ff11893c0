import type { GuildId, PersonId } from '#src/base/ids.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/stores.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Memory, MemoryList, MemoryStore, NewMemory } from './memory-store.ts';
import { memorySetting } from './usable-memories.ts';

export type MemoryCache = ReturnType<typeof createMemoryCache>;

/** Lets answers wait for no store. */
export function createMemoryCache(
  store: MemoryStore,
  watch: StoreWatch,
  settings: Pick<StoredSettings, 'loadGuild' | 'getForGuild'>,
) {
  // The store answers in order, so nothing older replaces a change.
  const known = new Map<string, readonly Memory[]>();

  function getKnown(guildId: GuildId): readonly Memory[] {
    return known.get(guildId) ?? [];
  }

  /** Reports a failure and returns undefined. */
  async function loadMemories(
    guildId: GuildId,
  ): Promise<readonly Memory[] | undefined> {
    const read = () => store.list(guildId);
    const all = await withStoreTimeout(guildId, watch, 'store.unreadable', read);
    if (all) known.set(guildId, all);
    return all;
  }

  function updateCache(
    guildId: GuildId,
    which: (one: Memory) => boolean,
    more: readonly Memory[] = [],
  ) {
    known.set(guildId, [...getKnown(guildId).filter(which), ...more]);
  }

  return {
    getKnown,
    loadMemories,
    async addMemory(memory: NewMemory): ReturnType<MemoryStore['add']> {
      const added = await store.add(memory);
      // The next answer may use the memory before the store is read again.
      if (added.kind === 'added') {
        const { memory: one } = added;
        updateCache(one.guildId, ({ number }) => number !== one.number, [one]);
      }
      return added;
    },
    /** Without a person, of all. */
    dropCached(guildId: GuildId, personId?: PersonId) {
      updateCache(
        guildId,
        ({ byId, aboutId }) =>
          personId !== undefined && byId !== personId && aboutId !== personId,
      );
    },
    async listMemories(guildId: GuildId): Promise<MemoryList | undefined> {
      await settings.loadGuild(guildId);
      const memories = await loadMemories(guildId);
      return (
        memories && {
          memories,
          isOn: settings.getForGuild(guildId).getValue(memorySetting),
        }
      );
    },
    /**
     * Deletes a memory for its author, its subject or a manager. Returns the line for
     * the caller.
     */
    async removeMemory(
      guildId: GuildId,
      number: number,
      by: { readonly id: string; readonly mayManage: boolean },
    ): Promise<TextLine> {
      const all = await loadMemories(guildId);
      const memory = all?.find((one) => one.number === number);
      if (all && !memory) return { id: 'unknown', with: { x: number } };
      if (memory && !mayForgetMemory(memory, by)) return { id: 'perm.manage' };
      const removeStored = () => store.remove(guildId, number);
      const removed =
        memory &&
        (await withStoreTimeout(guildId, watch, 'store.unwritable', removeStored));
      if (removed === undefined) return { id: 'store.unread' };
      updateCache(guildId, (one) => one.number !== number);
      return { id: 'confirm.done' };
    },
  };
}

export function mayForgetMemory(
  { byId, aboutId }: Memory,
  { id, mayManage }: { readonly id: string; readonly mayManage: boolean },
): boolean {
  return mayManage || byId === id || aboutId === id;
}
