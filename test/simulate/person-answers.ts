import type { PersonId } from '#src/base/ids.ts';
import {
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import type { Invariants } from './invariants.ts';
import type { ProcessClock } from './process-clock.ts';

/** Answers of people about being heard, which of them were acknowledged, and texts of theirs that are read out. */
export class PersonAnswers {
  readonly #consent;
  /** Latest answer of each person. */
  readonly #latest = new Map<string, symbol>();
  /** Whether the latest no or yes was acknowledged, by person. */
  readonly #acknowledged = new Map<string, boolean>();
  /** People whose texts are read out, by their words, and the instants of their no in ms. */
  readonly #owners = new Map<string, string>();
  readonly #refusedMs = new Map<string, number>();

  constructor(consent: Invariants['consent']) {
    this.#consent = consent;
  }

  /** A person answers at an instant in ms, until that is saved. A process that has stopped by then acknowledges nothing. */
  async note(
    by: string,
    isYes: boolean,
    saved: Promise<unknown>,
    clock: ProcessClock,
  ): Promise<void> {
    const hadRefused = this.#consent.refusals.has(by);
    this.#consent.answer(by, isYes);
    this.#acknowledged.set(by, false);
    const answer = Symbol(by);
    this.#latest.set(by, answer);
    const acknowledgePress = () => this.#acknowledged.set(by, !clock.hasStopped);
    void saved.then(acknowledgePress, () => undefined);
    if (isYes) this.#refusedMs.delete(by);
    else this.#refusedMs.set(by, clock.nowMs());
    const outcome = await saved;
    // Of whom the server does not let use the bot, the yes does not count, and a no before it goes on.
    const isDenied = isYes && isDenial(outcome) && this.#latest.get(by) === answer;
    if (isDenied && hadRefused) this.#consent.answer(by, false);
  }

  /** Lists everybody whose latest answer may count or not, as a process was killed. */
  listUnsure(): readonly string[] {
    const people = new Set([...this.#acknowledged.keys(), ...this.#consent.refusals]);
    return [...people].filter((by) => this.#acknowledged.get(by) !== true);
  }

  /** A text of a person is to be read out. */
  noteText(text: string, by: string): void {
    this.#owners.set(text, by);
  }

  /** Instant, in ms, from which nothing of a text may be heard, as its owner said no; infinite: none. */
  getRefusedMs(text: string): number {
    return (
      this.#refusedMs.get(this.#owners.get(text) ?? '') ?? Number.POSITIVE_INFINITY
    );
  }
}

function isDenial(outcome: unknown) {
  return (
    typeof outcome === 'object' &&
    outcome !== null &&
    'kind' in outcome &&
    outcome.kind === 'denied'
  );
}

/** Questions that people type, until they are told of the end of each. */
export class TypedQuestions {
  readonly #waiting = new Set<AbortController>();

  /** Number of questions that were not told of their end. */
  get count(): number {
    return this.#waiting.size;
  }

  /** Somebody types a question, which is answered aloud. Resolves at its end, and once it was taken back. */
  async ask({ talk }: SessionFixture, by: PersonId, text: string): Promise<void> {
    const abort = new AbortController();
    const { signal } = abort;
    this.#waiting.add(abort);
    try {
      const asker = { id: by, name: by };
      await talk.askQuestion(lounge.guildId, text, asker, 'voice', { signal });
    } catch (error) {
      if (error !== signal.reason) throw error;
    } finally {
      this.#waiting.delete(abort);
    }
  }

  /** Takes the oldest question back. */
  takeBack(): void {
    [...this.#waiting][0]?.abort();
  }

  /** Takes all questions back, as at the end of a process. */
  abortAll(): void {
    for (const abort of this.#waiting) abort.abort();
  }

  /** Forgets all questions, as a process that stops at once. */
  clear(): void {
    this.#waiting.clear();
  }
}
