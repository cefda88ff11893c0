import type { SyncTiming } from '#src/discord/link/timing.ts';

/** Time that passes only when a test says so. */
export class SteppedTiming implements SyncTiming {
  #nowMs = 0;
  #waiting: Array<{ readonly atMs: number; readonly run: () => void }> = [];

  nowMs(): number {
    return this.#nowMs;
  }

  later(ms: number, run: () => void): () => void {
    const one = { atMs: this.#nowMs + ms, run };
    this.#waiting.push(one);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== one);
    };
  }

  /** Number of timers that run. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Everything due in that time runs at its moment. */
  passMs(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes while nothing can run: a blocked event loop. */
  stallMs(ms: number): void {
    this.#nowMs += ms;
  }

  #next(untilMs: number) {
    const [first] = this.#waiting.toSorted((a, b) => a.atMs - b.atMs);
    return first && first.atMs <= untilMs ? first : undefined;
  }
}

/**
 * Timing of the real clock: its timers count whole ms, from an instant that Node cuts to whole ms, so they fire early or late.
 */
export class WholeMsTiming extends SteppedTiming {
  /** Number of timers that have fired. */
  fired = 0;
  readonly #random: () => number;
  readonly #latestMs: number;

  /** `latestMs`: how much longer than its whole ms a timer takes at most. */
  constructor(random: () => number, latestMs: number) {
    super();
    this.#random = random;
    this.#latestMs = latestMs;
  }

  override later(ms: number, run: () => void): () => void {
    const [nowMs, wholeMs] = [this.nowMs(), Math.max(1, Math.round(ms))];
    const firstMs = Math.floor(nowMs) + wholeMs;
    const lastMs = nowMs + wholeMs + this.#latestMs;
    const atMs = firstMs + this.#random() * (lastMs - firstMs);
    return super.later(atMs - nowMs, () => {
      this.fired++;
      run();
    });
  }
}
