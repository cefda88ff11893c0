import type { GuildId, PersonId } from '#src/base/ids.ts';
import { type StoreWatch, withStoreTimeout } from '#src/ports/stores.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type {
  Memory,
  MemoryAddOutcome,
  MemoryList,
  MemoryStore,
  NewMemory,
} from '#src/stores/memory-store.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { memorySetting } from './usable-memories.ts';

export type MemoryOwner = {
  readonly id: PersonId;
  /** A manager of the server may remove every memory. */
  readonly mayManage: boolean;
};

/** Keeps memories of servers at hand, so that answers wait for no store. */
export class MemoryCache {
  readonly #store: MemoryStore;
  readonly #watch: StoreWatch;
  readonly #sessions: Pick<VoiceSessions, 'erasures' | 'settings'>;
  /** The store answers in order, so nothing older replaces a change. */
  readonly #memories = new Map<GuildId, readonly Memory[]>();

  constructor(
    store: MemoryStore,
    watch: StoreWatch,
    sessions: Pick<VoiceSessions, 'erasures' | 'settings'>,
  ) {
    this.#store = store;
    this.#watch = watch;
    this.#sessions = sessions;
  }

  /** Returns the memories of a server that are at hand, none before the first read. */
  getCached(guildId: GuildId): readonly Memory[] {
    return this.#memories.get(guildId) ?? [];
  }

  /** Reads the memories of a server. Reports a failure and returns undefined. */
  async loadMemories(guildId: GuildId): Promise<readonly Memory[] | undefined> {
    const readStored = () => this.#store.list(guildId);
    const memories = await withStoreTimeout(
      guildId,
      this.#watch,
      'store.unreadable',
      readStored,
    );
    if (memories) this.#memories.set(guildId, memories);
    return memories;
  }

  /** Stores a memory, which the next answer may use. Throws BotError `store.unwritable`. */
  async addMemory(memory: NewMemory): Promise<MemoryAddOutcome> {
    const outcome = await this.#store.add(memory);
    // The next answer may use the memory before the store is read again.
    if (outcome.kind === 'added') {
      const { memory: added } = outcome;
      this.#update(added.guildId, ({ number }) => number !== added.number, [added]);
    }
    return outcome;
  }

  /** Drops cached memories by or about a person, or without one all of the server. */
  dropCached(guildId: GuildId, personId?: PersonId): void {
    this.#update(
      guildId,
      ({ byId, aboutId }) =>
        personId !== undefined && byId !== personId && aboutId !== personId,
    );
  }

  /** Lists stored memories of a server. Undefined if the store cannot be read. */
  async listMemories(guildId: GuildId): Promise<MemoryList | undefined> {
    const { settings } = this.#sessions;
    await settings.loadGuild(guildId);
    const memories = await this.loadMemories(guildId);
    return (
      memories && {
        memories,
        isOn: settings.getForGuild(guildId).getValue(memorySetting),
      }
    );
  }

  /**
   * Deletes a memory for its author, its subject or a manager. Returns the line for
   * the caller.
   */
  async removeMemory(
    guildId: GuildId,
    number: number,
    caller: MemoryOwner,
  ): Promise<TextLine> {
    const memories = await this.loadMemories(guildId);
    const memory = memories?.find((candidate) => candidate.number === number);
    if (memories && !memory) return { id: 'unknown', with: { x: number } };
    if (memory && !mayForgetMemory(memory, caller)) return { id: 'perm.manage' };
    const part = { kind: 'part', guildId, part: `memory ${number}` } as const;
    const removeStored = () =>
      this.#sessions.erasures.admitErasure(part, (erasure) =>
        this.#store.remove(erasure, number),
      );
    const isRemoved =
      memory &&
      (await withStoreTimeout(guildId, this.#watch, 'store.unwritable', removeStored));
    if (isRemoved === undefined) return { id: 'store.unread' };
    this.#update(guildId, (cached) => cached.number !== number);
    return { id: 'confirm.done' };
  }

  /** Keeps chosen memories at hand, and adds others. */
  #update(
    guildId: GuildId,
    isKept: (memory: Memory) => boolean,
    added: readonly Memory[] = [],
  ) {
    const otherMemories = this.getCached(guildId).filter(isKept);
    this.#memories.set(guildId, [...otherMemories, ...added]);
  }
}

/** Tests whether a person may have a memory deleted: its author, its subject or a manager. */
export function mayForgetMemory(
  { byId, aboutId }: Memory,
  { id, mayManage }: MemoryOwner,
): boolean {
  return mayManage || byId === id || aboutId === id;
}
