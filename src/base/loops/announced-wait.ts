import type { Clock } from '#src/base/clock.ts';

export type WaitAnnouncerOptions = {
  readonly clock: Pick<Clock, 'later' | 'nowMs'>;
  /** Takes one line. */
  readonly print: (line: string) => void;
  /** When the last line was printed. */
  readonly printedMs: number;
};

/** Nothing is printed for so long at most, while something is waited for. */
const maxSilentMs = 2_000;
/** Short waits are not announced, however long it was silent before. */
const minWaitMs = 200;

/** Says for what a start waits. Each of its waits passes here. */
export class WaitAnnouncer {
  readonly #options: WaitAnnouncerOptions;
  #printedMs: number;

  constructor(options: WaitAnnouncerOptions) {
    this.#options = options;
    this.#printedMs = options.printedMs;
  }

  /**
   * Waits for `work`, and prints `subject` once nothing was printed for two seconds.
   *
   * @example
   * import { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
   * import { realClock } from '#src/base/clock.ts';
   *
   * const printedMs = realClock.nowMs();
   * const waits = new WaitAnnouncer({ clock: realClock, print: console.error, printedMs });
   * await waits.announce('the voice to load', Promise.resolve('ready')); // 'ready'
   */
  async announce<T>(subject: string, work: Promise<T>): Promise<T> {
    const { clock, print } = this.#options;
    const silentMs = clock.nowMs() - this.#printedMs;
    const forget = clock.later(Math.max(minWaitMs, maxSilentMs - silentMs), () => {
      this.#printedMs = clock.nowMs();
      print(`Waiting for ${subject} ...`);
    });
    try {
      return await work;
    } finally {
      forget();
    }
  }
}
