import { withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ProviderRole } from './provider-event.ts';

/** Deadlines of a request, in ms. */
export type Deadlines = {
  /** Time to the first output, if the server has answered before. A slow server gets more, by its own speed. */
  readonly firstMs: number;
  readonly maxFirstMs: number;
  /** Time to the first output ever: a model may have to be loaded. */
  readonly coldFirstMs: number;
  /** Added for each further measure of a short request. */
  readonly extraSizeMs: number;
  /** Time without a further part after the first output. */
  readonly idleMs: number;
  /** Total wait for the server. A slow reader does not count. */
  readonly totalMs: number;
  /** A failure within this time may be retried. */
  readonly retryWithinMs: number;
};

/**
 * Deadlines from the patience of people and from measurements. Somebody who said something short learns within 5 s
 * that it was not understood. A chat model may think for five minutes, as long as an answer is promised for.
 */
export const standardDeadlines: Readonly<
  Record<ProviderRole, Omit<Deadlines, 'maxFirstMs'>>
> = {
  'speech to text': {
    firstMs: 5_000,
    coldFirstMs: 12_000,
    extraSizeMs: 1_250,
    idleMs: 15_000,
    totalMs: 30_000,
    retryWithinMs: 3_000,
  },
  chat: {
    firstMs: 300_000,
    coldFirstMs: 300_000,
    extraSizeMs: 0,
    idleMs: 30_000,
    totalMs: 480_000,
    retryWithinMs: 3_000,
  },
  'text to speech': {
    firstMs: 5_000,
    coldFirstMs: 15_000,
    extraSizeMs: 2_000,
    idleMs: 5_000,
    totalMs: 60_000,
    retryWithinMs: 2_000,
  },
};

const slownessFactor = 3;
const slownessDecay = 0.75;

/** Measures a server's speed by its slowest recent request. */
export class ProviderSpeed {
  // Many servers take as long for a short request as for a long one.
  #slowest: { readonly tookMs: number; readonly size: number } | undefined;

  /** Records a request. `size` counts multiples of a short request. A late request counts with its deadline. */
  record(tookMs: number, size: number = 1): void {
    const fadedMs = slownessDecay * (this.#slowest?.tookMs ?? 0);
    const isSlowest = tookMs >= fadedMs;
    this.#slowest = isSlowest
      ? { tookMs, size }
      : { size, ...this.#slowest, tookMs: fadedMs };
  }

  /** Extends deadlines for a server that was slow. `size` 0 means that the size says nothing about the time. */
  getDeadlines(standard: Deadlines, size: number = 0): StageDeadlines {
    const { coldFirstMs, firstMs, idleMs, maxFirstMs, extraSizeMs, totalMs } = standard;
    const { tookMs, size: measuredSize } = this.#slowest ?? { tookMs: 0, size: 1 };
    const expectedMs = tookMs * Math.max(1, size / measuredSize);
    const slowMs = size > 0 ? Math.min(maxFirstMs, slownessFactor * expectedMs) : 0;
    const standardMs =
      (this.#slowest ? firstMs : coldFirstMs) + Math.max(0, size - 1) * extraSizeMs;
    return {
      firstMs: Math.max(standardMs, slowMs),
      idleMs: Math.max(idleMs, slowMs),
      totalMs: Math.max(totalMs, 2 * slowMs),
    };
  }
}

type StageDeadlines = Pick<Deadlines, 'firstMs' | 'idleMs' | 'totalMs'>;

/** How the parts of a stream are timed. */
export type StageTiming<T> = StageDeadlines & {
  readonly clock: Clock;
  /** Returns whether a part is output, so that the later deadlines count. */
  readonly isOutput: (part: T) => boolean;
  /** Takes the time to the first output. */
  readonly onFirst: (waitedMs: number) => void;
  /** Creates the error of a deadline of so many ms. */
  readonly createError: (deadlineMs: number) => Error;
};

/** Passes parts on, and throws when a part is late. The caller must stop a late stream by its signal. */
export async function* enforceDeadlines<T>(
  stream: AsyncIterable<T>,
  { clock, firstMs, idleMs, isOutput, createError, onFirst, totalMs }: StageTiming<T>,
): AsyncGenerator<T, undefined> {
  const reader = stream[Symbol.asyncIterator]();
  let [limitMs, pauseMs] = [Math.min(firstMs, totalMs), Infinity];
  let waitedMs = 0;
  let isWaiting = false;
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      const leftMs = limitMs - waitedMs;
      const lateMs = pauseMs < leftMs ? pauseMs : limitMs;
      isWaiting = true;
      const next = reader.next();
      const part = await withTimeout(next, Math.min(pauseMs, leftMs), clock, () =>
        createError(lateMs),
      );
      isWaiting = false;
      if (part.done) return;
      waitedMs += clock.nowMs() - sinceMs;
      if (pauseMs === Infinity && isOutput(part.value)) {
        [limitMs, pauseMs] = [totalMs, idleMs];
        onFirst(waitedMs);
      }
      yield part.value;
    }
  } finally {
    // A stream that still works stops when its signal is aborted.
    const stopped = reader.return?.(undefined)?.catch(() => undefined);
    if (!isWaiting) await stopped;
  }
}
