import { type Histogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { AlertChange } from '#src/base/alerts.ts';

/** Times that a timer waited beyond its due time. */
export type Delays = { readonly p99Ms: number; readonly maxMs: number };

/** Each sample wakes the process. A stall may count as shorter by this. */
const sampleMs = 50;
const windowMs = 30_000;
/** Links are lost and opened again, so the watch stops late. */
const windowsUnneeded = 2;
/** Frames leave every 20 ms, and 60 ms are caught up. */
const mostMs = 100;
const none = { p99Ms: 0, maxMs: 0 };

/**
 * Raises `event-loop-delayed` after a window of 30 s with an audible delay, and clears
 * it after one without. Measures until a minute after the last need, and while raised.
 */
export class LoopDelay implements Disposable {
  readonly #isNeeded;
  readonly #window = monitorEventLoopDelay({ resolution: sampleMs });
  #before = none;
  #report: (change: AlertChange) => void = () => undefined;
  #checking: NodeJS.Timeout | undefined;
  #unneeded = 0;
  #isRaised = false;

  constructor(isNeeded: () => boolean) {
    this.#isNeeded = isNeeded;
  }

  onAlert(report: (change: AlertChange) => void) {
    this.#report = report;
  }

  start() {
    if (this.#checking) return;
    this.#unneeded = 0;
    this.#window.enable();
    this.#checking = setInterval(() => this.#check(), windowMs).unref();
  }

  /**
   * Returns the longest delays of the last windows. Undefined if nothing is measured.
   */
  read(): Delays | undefined {
    if (!this.#checking) return undefined;
    const [now, before] = [readDelays(this.#window), this.#before];
    return {
      p99Ms: Math.max(now.p99Ms, before.p99Ms),
      maxMs: Math.max(now.maxMs, before.maxMs),
    };
  }

  [Symbol.dispose]() {
    clearInterval(this.#checking);
    this.#checking = undefined;
    this.#window.disable();
    this.#window.reset();
    this.#before = none;
  }

  #check() {
    this.#before = readDelays(this.#window);
    this.#window.reset();
    const isLate = this.#before.maxMs > mostMs;
    if (isLate !== this.#isRaised) {
      this.#isRaised = isLate;
      const cause = `the main thread was blocked for ${Math.round(this.#before.maxMs)} ms`;
      const state = isLate ? 'raised' : 'cleared';
      this.#report({ kind: 'alert', name: 'event-loop-delayed', state, cause });
    }
    this.#unneeded = this.#isNeeded() || isLate ? 0 : this.#unneeded + 1;
    if (this.#unneeded >= windowsUnneeded) this[Symbol.dispose]();
  }
}

/** Converts delays to ms. The histogram counts whole intervals in nanoseconds. */
function readDelays(histogram: Histogram) {
  const toMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - sampleMs);
  if (histogram.count === 0) return none;
  return {
    p99Ms: toMs(histogram.percentile(99)),
    maxMs: toMs(histogram.max),
  };
}
