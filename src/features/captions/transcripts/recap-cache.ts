import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Recap } from '#src/features/captions/answers/make-recap.ts';

/** Longest time, in ms, that a recap may take, whether or not a caller waits for it. */
const longestMs = 60 * 60_000;
/** Time, in ms, from which on a recap is kept: others are soon made again. */
const slowMs = 60_000;
/** Lifetime of a recap, in ms. */
const keptMs = 15 * 60_000;
/** Recaps under way or kept; the oldest are given up first. */
const mostRecaps = 50;

type RecapWork = {
  readonly made: Promise<Recap>;
  readonly over: AbortController;
};

/**
 * Recaps that take longer than their asker may wait: they go on, and a person who asks again gets the one that is under way or was
 * made a moment ago, so that nothing is paid twice.
 */
export class RecapCache {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #works = new Map<string, RecapWork>();

  /** Aborting `signal` ends all of them. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** The recap of that key. Errors: those of `make`, or BotError `answer.late`. */
  of(key: string, make: (signal: AbortSignal) => Promise<Recap>): Promise<Recap> {
    const known = this.#works.get(key);
    if (known) return known.made;
    const over = new AbortController();
    const made = this.#made(key, make, over);
    this.#works.set(key, { made, over });
    made.catch(() => undefined); // told to whoever waits or asks again
    for (const oldest of this.#works.keys()) {
      if (this.#works.size > mostRecaps) this.drop(oldest);
    }
    return made;
  }

  /** It is made anew when it is asked for again. */
  drop(key: string): void {
    this.#works.get(key)?.over.abort(lateAnswer(longestMs));
    this.#works.delete(key);
  }

  async #made(
    key: string,
    make: (signal: AbortSignal) => Promise<Recap>,
    over: AbortController,
  ): Promise<Recap> {
    const startedMs = this.#clock.nowMs();
    const done = new AbortController();
    this.#later(longestMs, done.signal, () => over.abort(lateAnswer(longestMs)));
    let isKept = false;
    try {
      const made = await make(AbortSignal.any([this.#signal, over.signal]));
      isKept = this.#clock.nowMs() - startedMs >= slowMs;
      if (isKept) this.#later(keptMs, over.signal, () => this.drop(key));
      return made;
    } finally {
      done.abort(new Error('the recap is made'));
      if (!isKept) this.#works.delete(key);
    }
  }

  #later(ms: number, signal: AbortSignal, act: () => void): void {
    const either = AbortSignal.any([this.#signal, signal]);
    void this.#clock.sleep(ms, either).then(act, () => undefined);
  }
}

export function lateAnswer(ms: number): BotError {
  return new BotError('answer.late', true, `A recap or search took longer than ${ms / 1000} s.`);
}
