import { type Histogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { AlertChange } from '#src/base/alerts.ts';
import { writeSentence } from '#src/base/logged-text.ts';

/** Times that a timer waited beyond its due time. */
export type Delays = { readonly p99Ms: number; readonly maxMs: number };

/** Each sample wakes the process, also a silent one. A stall may count as shorter by this, unless frames that leave notice it. */
const sampleMs = 1_000;
const windowMs = 30_000;
/** Links are lost and opened again, so the watch stops late. */
const maxUnneededWindows = 2;
/** Frames leave every 20 ms, and 60 ms are caught up. */
const maxDelayMs = 100;
const noDelays: Delays = { p99Ms: 0, maxMs: 0 };

/**
 * Raises `event-loop-delayed` after a window of 30 s with an audible delay, and clears it after one without. A timer looks once a
 * second; whoever sends frames notes what was late meanwhile. Measures until a minute after the last need, and while raised.
 */
export class LoopDelay implements Disposable {
  readonly #isNeeded;
  readonly #window = monitorEventLoopDelay({ resolution: sampleMs });
  #formerDelays = noDelays;
  /** Longest that was noted in this window. */
  #longestNotedMs = 0;
  #reportChange: (change: AlertChange) => void = () => undefined;
  #checking: NodeJS.Timeout | undefined;
  #unneededWindows = 0;
  #isRaised = false;

  constructor(isNeeded: () => boolean) {
    this.#isNeeded = isNeeded;
  }

  /** Sets the listener for the alert, in place of the former one. */
  onAlert(report: (change: AlertChange) => void): void {
    this.#reportChange = report;
  }

  /** Starts to measure, unless it does. Stops by itself once there is no need. */
  start(): void {
    if (this.#checking) return;
    this.#unneededWindows = 0;
    this.#window.enable();
    this.#checking = setInterval(() => this.#checkWindow(), windowMs).unref();
  }

  /** Notes that a frame left `lateMs` after its due time. */
  noteDelay(lateMs: number): void {
    this.#longestNotedMs = Math.max(this.#longestNotedMs, lateMs);
  }

  /**
   * Returns the longest delays of the last windows. Undefined if nothing is measured.
   */
  read(): Delays | undefined {
    if (!this.#checking) return undefined;
    const [delays, formerDelays] = [this.#readWindow(), this.#formerDelays];
    return {
      p99Ms: Math.max(delays.p99Ms, formerDelays.p99Ms),
      maxMs: Math.max(delays.maxMs, formerDelays.maxMs),
    };
  }

  /** Stops to measure. */
  [Symbol.dispose](): void {
    clearInterval(this.#checking);
    this.#checking = undefined;
    this.#window.disable();
    this.#resetWindow();
    this.#formerDelays = noDelays;
  }

  #checkWindow() {
    const delays = this.#readWindow();
    this.#formerDelays = delays;
    this.#resetWindow();
    const isLate = delays.maxMs > maxDelayMs;
    if (isLate !== this.#isRaised) {
      this.#isRaised = isLate;
      const cause = writeSentence`the main thread was blocked for ${Math.round(delays.maxMs)} ms`;
      const state = isLate ? 'raised' : 'cleared';
      this.#reportChange({ kind: 'alert', name: 'event-loop-delayed', state, cause });
    }
    this.#unneededWindows = this.#isNeeded() || isLate ? 0 : this.#unneededWindows + 1;
    if (this.#unneededWindows >= maxUnneededWindows) this[Symbol.dispose]();
  }

  #readWindow(): Delays {
    const { p99Ms, maxMs } = readDelays(this.#window);
    return { p99Ms, maxMs: Math.max(maxMs, this.#longestNotedMs) };
  }

  #resetWindow() {
    this.#window.reset();
    this.#longestNotedMs = 0;
  }
}

/** Converts delays to ms. The histogram counts whole intervals in nanoseconds. */
function readDelays(histogram: Histogram): Delays {
  const toMs = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - sampleMs);
  if (histogram.count === 0) return noDelays;
  return {
    p99Ms: toMs(histogram.percentile(99)),
    maxMs: toMs(histogram.max),
  };
}
