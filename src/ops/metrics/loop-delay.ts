import { createHistogram, type Histogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';

/** Delays of the event loop: the time that a timer waited beyond its due time. */
export type Delays = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** Each sample wakes the process, 20 times a second; a stall counts as up to this much shorter than it was. */
const sampleMs = 50;
const checkMs = 1_000;
/** A single stall is forgotten after half a minute to a minute. */
const checksOfWindow = 30;
/** Looks after which it stops when nothing needs it any more: links are lost and opened again. */
const checksUnneeded = 60;

/**
 * Watches how late the event loop is, over the last half to whole minute, and raises `event-loop-delayed`.
 *
 * It measures from `start` until a minute after `isNeeded` became false, and while the alert is raised.
 */
export class LoopDelay implements Disposable {
  readonly #isNeeded: () => boolean;
  readonly #latest = monitorEventLoopDelay({ resolution: sampleMs });
  readonly #watchdog = new DelayWatchdog();
  #report: (change: AlertChange) => void = () => undefined;
  #checking: NodeJS.Timeout | undefined;
  #checks = 0;
  #unneeded = 0;
  #window = createHistogram();
  #before = createHistogram();

  constructor(isNeeded: () => boolean) {
    this.#isNeeded = isNeeded;
  }

  /** Sets the listener of its alert. */
  onAlert(report: (change: AlertChange) => void): void {
    this.#report = report;
  }

  start(): void {
    if (this.#checking) return;
    this.#unneeded = 0;
    this.#latest.enable();
    this.#checking = setInterval(() => this.#check(), checkMs).unref();
  }

  /** Delays of the last full window or of the one under way, the worse; undefined while nothing is measured. */
  read(): Delays | undefined {
    if (!this.#checking) return undefined;
    const [now, before] = [delaysOf(this.#window), delaysOf(this.#before)];
    return {
      p50Ms: Math.max(now.p50Ms, before.p50Ms),
      p99Ms: Math.max(now.p99Ms, before.p99Ms),
      maxMs: Math.max(now.maxMs, before.maxMs),
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#checking);
    this.#checking = undefined;
    this.#latest.disable();
    this.#before.reset();
    this.#window.reset();
  }

  #check(): void {
    const { maxMs } = delaysOf(this.#latest);
    this.#keep();
    const change = this.#watchdog.step(maxMs, realClock.nowMs());
    if (change) this.#report(change);
    this.#unneeded = this.#isNeeded() || this.#watchdog.isRaised ? 0 : this.#unneeded + 1;
    if (this.#unneeded >= checksUnneeded) this[Symbol.dispose]();
  }

  /** Moves the samples of the last second to the window under way. */
  #keep(): void {
    if (this.#checks++ % checksOfWindow === 0) {
      [this.#before, this.#window] = [this.#window, this.#before];
      this.#window.reset();
    }
    const { count } = this.#latest;
    for (let n = 1; n <= count; n++) {
      this.#window.record(Math.round(this.#latest.percentile((100 * n) / count)));
    }
    this.#latest.reset();
  }
}

/** The histogram counts whole intervals in nanoseconds. */
function delaysOf(histogram: Histogram): Delays {
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - sampleMs);
  if (histogram.count === 0) return { p50Ms: 0, p99Ms: 0, maxMs: 0 };
  return {
    p50Ms: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
  };
}

/** Delay of the event loop, in ms, that people may hear: frames are sent every 20 ms, and 60 ms are caught up. */
const mostMs = 100;
/** Time, in ms, without such a delay until the alert is cleared. */
const quietMs = 60_000;

/** Watchdog over the event loop: raises `event-loop-delayed`, and clears it after a quiet minute. */
export class DelayWatchdog {
  #raised: { readonly lastAtMs: number; readonly worstMs: number } | undefined;

  get isRaised(): boolean {
    return this.#raised !== undefined;
  }

  /** `delayMs`: the longest delay since the last step. */
  step(delayMs: number, atMs: number): AlertChange | undefined {
    const before = this.#raised;
    if (delayMs > mostMs) {
      this.#raised = { lastAtMs: atMs, worstMs: Math.max(delayMs, before?.worstMs ?? 0) };
      if (before) return undefined;
      return change('raised', `the main thread was blocked for ${Math.round(delayMs)} ms`);
    }
    if (!before || atMs - before.lastAtMs < quietMs) return undefined;
    this.#raised = undefined;
    const worstMs = Math.round(before.worstMs);
    return change('cleared', `at most ${mostMs} ms for a minute; the worst had been ${worstMs} ms`);
  }
}

function change(state: AlertChange['state'], cause: string): AlertChange {
  return { kind: 'alert', name: 'event-loop-delayed', state, cause };
}
