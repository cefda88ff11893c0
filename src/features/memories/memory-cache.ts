import { type StoreWatch, withStoreTimeout } from '#src/ports/store-timeout.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Memory, MemoryList, MemoryStore, NewMemory } from './memory-store.ts';
import { memorySetting } from './usable-memories.ts';

/**
 * Memories of all servers, cached over their store: answers wait for no store. The store answers in the order in which it is asked, so
 * that nothing older replaces a change.
 */
export class MemoryCache {
  readonly #store;
  readonly #watch;
  readonly #settings;
  readonly #known = new Map<string, readonly Memory[]>();

  constructor(
    store: MemoryStore,
    watch: StoreWatch,
    { settings }: Pick<VoiceSessions, 'settings'>,
  ) {
    this.#store = store;
    this.#watch = watch;
    this.#settings = settings;
  }

  /** Memories as last read; none before that. */
  known(guildId: GuildId): readonly Memory[] {
    return this.#known.get(guildId) ?? [];
  }

  /** Reads them anew; undefined where that fails, which is reported to the operator. Never throws. */
  async load(guildId: GuildId): Promise<readonly Memory[] | undefined> {
    const read = () => this.#store.list(guildId);
    const all = await withStoreTimeout(guildId, this.#watch, 'store.unreadable', read);
    if (all) this.#known.set(guildId, all);
    return all;
  }

  /** Errors: as `MemoryStore.add`. */
  async add(memory: NewMemory): ReturnType<MemoryStore['add']> {
    const added = await this.#store.add(memory);
    if (added.kind === 'added') {
      const { memory: one } = added;
      this.#keep(one.guildId, ({ number }) => number !== one.number, [one]);
    }
    return added;
  }

  /** Drops those by or about this person, or all of the server, from the cache; the store is unchanged. */
  forget(guildId: GuildId, personId?: PersonId): void {
    this.#keep(
      guildId,
      ({ byId, aboutId }) => personId !== undefined && byId !== personId && aboutId !== personId,
    );
  }

  /** All of a server, read anew; undefined where that fails. */
  async list(guildId: GuildId): Promise<MemoryList | undefined> {
    await this.#settings.load(guildId);
    const memories = await this.load(guildId);
    return memories && { memories, isOn: this.#settings.in(guildId).of(memorySetting) };
  }

  /** Deletes one for its author, the person it is about, or a manager of the server; what they are told. */
  async remove(
    guildId: GuildId,
    number: number,
    by: { readonly id: string; readonly mayManage: boolean },
  ): Promise<TextLine> {
    const all = await this.load(guildId);
    const memory = all?.find((one) => one.number === number);
    if (all && !memory) return { id: 'unknown', with: { x: number } };
    if (memory && !mayForget(memory, by)) return { id: 'perm.manage' };
    const remove = () => this.#store.remove(guildId, number);
    const removed =
      memory && (await withStoreTimeout(guildId, this.#watch, 'store.unwritable', remove));
    if (removed === undefined) return { id: 'store.unread' };
    this.#keep(guildId, (one) => one.number !== number);
    return { id: 'confirm.done' };
  }

  #keep(guildId: GuildId, which: (one: Memory) => boolean, more: readonly Memory[] = []) {
    this.#known.set(guildId, [...this.known(guildId).filter(which), ...more]);
  }
}

/** Whether this person may have a memory deleted. */
export function mayForget(
  { byId, aboutId }: Memory,
  { id, mayManage }: { readonly id: string; readonly mayManage: boolean },
): boolean {
  return mayManage || byId === id || aboutId === id;
}
