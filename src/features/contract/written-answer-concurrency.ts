import { unlessAborted } from '#src/base/waiting.ts';

type WorkPlace = {
  readonly guildId: GuildId;
  /** Absent: no person asked. */
  readonly personId?: PersonId;
  readonly isRecap: boolean;
  readonly left: PromiseWithResolvers<void>;
};

/** Outcome of work above the limits. */
export const tooMuchAtOnce = { kind: 'failed', line: { id: 'ask.dropped' } } as const;

/** A place to be left when the work is done, or the limit that is reached. */
type EnteredPlace = Disposable | 'person' | 'server';

/** Recaps that are made at once in one server. */
const mostRecaps = 1;

/**
 * Limits of the work that is done at the same time for one person or program, and in one server: by default answers, recaps and
 * quotes that are written. What comes above them is refused and does not wait.
 */
export class WrittenAnswerConcurrency {
  readonly #mostOfPerson;
  readonly #mostInServer;
  readonly #places = new Set<WorkPlace>();

  constructor(mostOfPerson = 1, mostInServer = 4) {
    this.#mostOfPerson = mostOfPerson;
    this.#mostInServer = mostInServer;
  }

  enter(guildId: GuildId, personId: PersonId, isRecap = false): EnteredPlace {
    const all = [...this.#places];
    const theirs = all.filter((one) => one.personId === personId);
    const asked = all.filter((one) => one.guildId === guildId && one.personId !== undefined);
    if (theirs.length >= this.#mostOfPerson) return 'person';
    const isFull = isRecap && this.#recapsIn(guildId).length >= mostRecaps;
    if (isFull || asked.length >= this.#mostInServer) return 'server';
    return this.#take({ guildId, personId, isRecap });
  }

  /** Same as `enter`, of a recap; one without an asker waits for the one before. Aborting `signal` throws `signal.reason`. */
  async enterRecap(
    guildId: GuildId,
    personId: PersonId | undefined,
    signal: AbortSignal,
  ): Promise<EnteredPlace> {
    if (personId !== undefined) return this.enter(guildId, personId, true);
    for (;;) {
      const [before] = this.#recapsIn(guildId);
      if (!before) return this.#take({ guildId, isRecap: true });
      await unlessAborted(before.left.promise, signal);
    }
  }

  #recapsIn(guildId: GuildId): readonly WorkPlace[] {
    return [...this.#places].filter((one) => one.guildId === guildId && one.isRecap);
  }

  #take(wanted: Omit<WorkPlace, 'left'>): Disposable {
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
