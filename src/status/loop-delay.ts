import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AlertChange } from '#src/base/alerts.ts';
import { realClock } from '#src/base/clock.ts';
import { DelayWatchdog } from './delay-watchdog.ts';

/** How late the event loop was: what a timer waited beyond its time. */
export type Delays = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** Each look wakes the process, 20 times a second; a stall counts as up to this much shorter than it was. */
const everyMs = 50;
const watchMs = 1_000;
/** A single stall is forgotten after half a minute to a minute. */
const windowMs = 30_000;
const none: Delays = { p50Ms: 0, p99Ms: 0, maxMs: 0 };

/** Watches how late the event loop is, over the last half to whole minute. */
export class LoopDelay implements Disposable {
  readonly #recent = monitorEventLoopDelay({ resolution: everyMs });
  readonly #turning: NodeJS.Timeout;
  #before = none;

  constructor() {
    this.#recent.enable();
    this.#turning = setInterval(() => this.#turn(), windowMs).unref();
  }

  /** Of the last full window and the one under way, the worse. */
  read(): Delays {
    const now = delaysOf(this.#recent);
    return {
      p50Ms: Math.max(now.p50Ms, this.#before.p50Ms),
      p99Ms: Math.max(now.p99Ms, this.#before.p99Ms),
      maxMs: Math.max(now.maxMs, this.#before.maxMs),
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#turning);
    this.#recent.disable();
  }

  #turn(): void {
    this.#before = delaysOf(this.#recent);
    this.#recent.reset();
  }
}

/** Looks every second how late the event loop was, from now on. */
export function watchLoop(tell: (change: AlertChange) => void): Disposable {
  const watchdog = new DelayWatchdog();
  const latest = monitorEventLoopDelay({ resolution: everyMs });
  latest.enable();
  const looking = setInterval(() => {
    const { maxMs } = delaysOf(latest);
    latest.reset();
    const change = watchdog.step(maxMs, realClock.nowMs());
    if (change) tell(change);
  }, watchMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(looking);
      latest.disable();
    },
  };
}

/** The histogram counts whole intervals in nanoseconds, and 511 while it is empty. */
function delaysOf(histogram: ReturnType<typeof monitorEventLoopDelay>): Delays {
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - everyMs);
  return {
    p50Ms: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
  };
}
