import type { Clock } from '#src/base/clock.ts';

/** Share of a core that each kind of work ahead of need may take in the long run. */
const maxShare = 0.25;
/** So many people may pause at once, each after 3 s of speech. */
const peopleAtOnce = 25;

/**
 * Bounds one kind of work ahead of need on the model thread to a quarter of a core in the long run, and at once to as much as 25 people
 * want who pause.
 *
 * @example
 * import { CoreShare } from '#src/speech/local/jobs/core-share.ts';
 *
 * const share = new CoreShare({ nowMs: () => 0 }, 100);
 * share.take(2_450);
 * share.hasRoom(100); // false
 */
export class CoreShare {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #maxAtOnceMs: number;
  /** Time of the model thread that is spent beyond `maxShare`, as of `#owedAtMs`. */
  #owedMs = 0;
  #owedAtMs = 0;

  /** `usualMs` is the time of the thread that one person who pauses after 3 s wants. */
  constructor(clock: Pick<Clock, 'nowMs'>, usualMs: number) {
    this.#clock = clock;
    this.#maxAtOnceMs = peopleAtOnce * usualMs;
  }

  /** Whether work of so many ms of the thread fits into the share now. */
  hasRoom(threadMs: number): boolean {
    return this.#getOwedMs() + threadMs <= this.#maxAtOnceMs;
  }

  /** Counts work that is asked for. */
  take(threadMs: number): void {
    this.#owedMs = this.#getOwedMs() + threadMs;
    this.#owedAtMs = this.#clock.nowMs();
  }

  #getOwedMs() {
    const paidMs = maxShare * (this.#clock.nowMs() - this.#owedAtMs);
    return Math.max(0, this.#owedMs - paidMs);
  }
}
