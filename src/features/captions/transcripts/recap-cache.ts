import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Recap } from '#src/features/captions/answers/make-recap.ts';

/** Time, in ms, from which on a recap is kept: others are soon made again. */
const slowMs = 60_000;
/** Lifetime of a recap, in ms. */
const keptMs = 15 * 60_000;

/**
 * Recaps that take longer than their asker may wait: they go on, and a person who asks again gets the one that is under way or was
 * made a moment ago, so that nothing is paid twice.
 */
export class RecapCache {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #recaps = new Map<string, Promise<Recap>>();

  /** Aborting `signal` ends all of them. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** The recap of that key. Errors: those of `make`. */
  of(key: string, make: (signal: AbortSignal) => Promise<Recap>): Promise<Recap> {
    const known = this.#recaps.get(key);
    if (known !== undefined) return known;
    const startedMs = this.#clock.nowMs();
    const made = make(this.#signal);
    this.#recaps.set(key, made);
    const kept = made.then(async () => {
      if (this.#clock.nowMs() - startedMs >= slowMs) await this.#clock.sleep(keptMs, this.#signal);
    });
    const forget = () => {
      if (this.#recaps.get(key) === made) this.#recaps.delete(key);
    };
    void kept.then(forget, forget);
    return made;
  }

  /** It is made anew when it is asked for again. */
  drop(key: string): void {
    this.#recaps.delete(key);
  }
}

export function lateAnswer(ms: number): BotError {
  return new BotError('answer.late', true, `A recap or search took longer than ${ms / 1000} s.`);
}
