import { waitUnlessAborted } from '#src/base/bounded-wait.ts';

type WorkSlot = {
  readonly guildId: GuildId;
  readonly personId?: PersonId;
  readonly isRecap: boolean;
  readonly left: PromiseWithResolvers<void>;
};

export const tooMuchAtOnce = { kind: 'failed', line: { id: 'ask.dropped' } } as const;

type EnteredSlot = Disposable | 'person' | 'server';

const maxRecapsPerServer = 1;

/** Work above a limit is refused at once. */
export class WrittenAnswerConcurrency {
  readonly #maxPerPerson;
  readonly #maxPerServer;
  readonly #places = new Set<WorkSlot>();

  constructor(mostOfPerson = 1, mostInServer = 4) {
    this.#maxPerPerson = mostOfPerson;
    this.#maxPerServer = mostInServer;
  }

  enter(guildId: GuildId, personId: PersonId, isRecap = false): EnteredSlot {
    const all = [...this.#places];
    const theirs = all.filter((one) => one.personId === personId);
    const asked = all.filter(
      (one) => one.guildId === guildId && one.personId !== undefined,
    );
    // The limit of a person comes first, so that the reply names the right one.
    if (theirs.length >= this.#maxPerPerson) return 'person';
    const isFull = isRecap && this.#listRecaps(guildId).length >= maxRecapsPerServer;
    if (isFull || asked.length >= this.#maxPerServer) return 'server';
    return this.#takeSlot({ guildId, personId, isRecap });
  }

  /** A recap without an asker waits for the one before it. */
  async enterRecap(
    guildId: GuildId,
    personId: PersonId | undefined,
    signal: AbortSignal,
  ): Promise<EnteredSlot> {
    if (personId !== undefined) return this.enter(guildId, personId, true);
    for (;;) {
      const [before] = this.#listRecaps(guildId);
      if (!before) return this.#takeSlot({ guildId, isRecap: true });
      await waitUnlessAborted(before.left.promise, signal);
    }
  }

  #listRecaps(guildId: GuildId) {
    return [...this.#places].filter((one) => one.guildId === guildId && one.isRecap);
  }

  #takeSlot(wanted: Omit<WorkSlot, 'left'>) {
    const place = { ...wanted, left: Promise.withResolvers<void>() };
    this.#places.add(place);
    return {
      [Symbol.dispose]: () => {
        this.#places.delete(place);
        place.left.resolve();
      },
    };
  }
}
