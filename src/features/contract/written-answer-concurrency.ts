import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';

type WorkSlot = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  readonly isRecap: boolean;
  readonly left: PromiseWithResolvers<void>;
};

/** Reply to a request that found no slot. */
export const tooMuchAtOnce = { kind: 'failed', line: { id: 'ask.dropped' } } as const;

const maxRecapsPerServer = 1;

/** Limits written answers at a time. Refuses others at once. */
export class WrittenAnswerConcurrency {
  readonly #maxPerPerson: number;
  readonly #maxPerServer: number;
  readonly #slots = new Set<WorkSlot>();

  constructor(maxPerPerson: number = 1, maxPerServer: number = 4) {
    this.#maxPerPerson = maxPerPerson;
    this.#maxPerServer = maxPerServer;
  }

  /** Reserves a slot until it is disposed. Undefined if person or server has no free one. */
  enter(
    guildId: GuildId,
    personId: PersonId,
    isRecap: boolean = false,
  ): Disposable | undefined {
    const ofPeople = [...this.#slots].filter((slot) => slot.personId !== undefined);
    const ofPerson = ofPeople.filter((slot) => slot.personId === personId);
    const ofServer = ofPeople.filter((slot) => slot.guildId === guildId);
    const isFull = isRecap && this.#listRecaps(guildId).length >= maxRecapsPerServer;
    if (
      isFull ||
      ofPerson.length >= this.#maxPerPerson ||
      ofServer.length >= this.#maxPerServer
    )
      return undefined;
    return this.#takeSlot({ guildId, personId, isRecap });
  }

  /** Reserves a slot for a recap. Without an asker, waits for the recap before. */
  async enterRecap(
    guildId: GuildId,
    personId: PersonId | undefined,
    signal: AbortSignal,
  ): Promise<Disposable | undefined> {
    if (personId !== undefined) return this.enter(guildId, personId, true);
    for (;;) {
      const [recap] = this.#listRecaps(guildId);
      if (!recap) return this.#takeSlot({ guildId, isRecap: true });
      await waitUnlessAborted(recap.left.promise, signal);
    }
  }

  /** Tests whether an answer or a recap for a person of the server is being written. */
  isWriting(guildId: GuildId): boolean {
    return [...this.#slots].some(
      (slot) => slot.guildId === guildId && slot.personId !== undefined,
    );
  }

  #listRecaps(guildId: GuildId) {
    return [...this.#slots].filter((slot) => slot.guildId === guildId && slot.isRecap);
  }

  #takeSlot(work: Omit<WorkSlot, 'left'>): Disposable {
    const slot = { ...work, left: Promise.withResolvers<void>() };
    this.#slots.add(slot);
    return {
      [Symbol.dispose]: () => {
        this.#slots.delete(slot);
        slot.left.resolve();
      },
    };
  }
}
