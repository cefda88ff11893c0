import { unlessAborted } from '#src/base/waiting.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Answers in writing that are made at once, for one person and in one server; recaps in one server. */
const [mostOfPerson, mostInServer, mostRecaps] = [1, 4, 1];

type QuestionPlace = {
  readonly guildId: string;
  /** Absent: no person asked. */
  readonly personId?: string;
  readonly isRecap: boolean;
  readonly left: PromiseWithResolvers<void>;
};

type QuestionRefusal = { readonly line: TextLine };

/** Limits of the answers, recaps and quotes that are written at the same time. A question above them is refused and does not wait. */
export class WrittenAnswerConcurrency {
  readonly #places = new Set<QuestionPlace>();

  /** A place to be left when the answer is there, or why there is none. */
  enter(guildId: string, personId: string, isRecap = false): Disposable | QuestionRefusal {
    const all = [...this.#places];
    const theirs = all.filter((one) => one.personId === personId);
    const asked = all.filter((one) => one.guildId === guildId && one.personId !== undefined);
    const isFull =
      theirs.length >= mostOfPerson ||
      asked.length >= mostInServer ||
      (isRecap && this.#recapsIn(guildId).length >= mostRecaps);
    return isFull ? { line: { id: 'ask.dropped' } } : this.#take({ guildId, personId, isRecap });
  }

  /** Same as `enter`, of a recap; one without an asker waits for the one before. Aborting `signal` throws `signal.reason`. */
  async enterRecap(
    guildId: string,
    personId: string | undefined,
    signal: AbortSignal,
  ): Promise<Disposable | QuestionRefusal> {
    if (personId !== undefined) return this.enter(guildId, personId, true);
    for (;;) {
      const [before] = this.#recapsIn(guildId);
      if (!before) return this.#take({ guildId, isRecap: true });
      await unlessAborted(before.left.promise, signal);
    }
  }

  #recapsIn(guildId: string): readonly QuestionPlace[] {
    return [...this.#places].filter((one) => one.guildId === guildId && one.isRecap);
  }

  #take(wanted: Omit<QuestionPlace, 'left'>): Disposable {
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
