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

export type LoopDelay = ReturnType<typeof createLoopDelay>;

/**
 * Raises `event-loop-delayed` after a window of 30 s with an audible delay, and clears
 * it after one without. Measures until a minute after the last need, and while raised.
 */
export function createLoopDelay(isNeeded: () => boolean) {
  const window = monitorEventLoopDelay({ resolution: sampleMs });
  let former = none;
  let reportChange: (change: AlertChange) => void = () => undefined;
  let checking: NodeJS.Timeout | undefined;
  let unneeded = 0;
  let isRaised = false;

  function stopMeasuring() {
    clearInterval(checking);
    checking = undefined;
    window.disable();
    window.reset();
    former = none;
  }

  function checkWindow() {
    former = readDelays(window);
    window.reset();
    const isLate = former.maxMs > mostMs;
    if (isLate !== isRaised) {
      isRaised = isLate;
      const cause = `the main thread was blocked for ${Math.round(former.maxMs)} ms`;
      const state = isLate ? 'raised' : 'cleared';
      reportChange({ kind: 'alert', name: 'event-loop-delayed', state, cause });
    }
    unneeded = isNeeded() || isLate ? 0 : unneeded + 1;
    if (unneeded >= windowsUnneeded) stopMeasuring();
  }

  return {
    onAlert(report: (change: AlertChange) => void) {
      reportChange = report;
    },

    start() {
      if (checking) return;
      unneeded = 0;
      window.enable();
      checking = setInterval(() => checkWindow(), windowMs).unref();
    },

    /**
     * Returns the longest delays of the last windows. Undefined if nothing is measured.
     */
    read(): Delays | undefined {
      if (!checking) return undefined;
      const [now, before] = [readDelays(window), former];
      return {
        p99Ms: Math.max(now.p99Ms, before.p99Ms),
        maxMs: Math.max(now.maxMs, before.maxMs),
      };
    },

    [Symbol.dispose]: stopMeasuring,
  };
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
