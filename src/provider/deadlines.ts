import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';

/** Longest waits, in ms, for one role of a turn. */
export type Deadlines = {
  /** Time, in ms, up to the first output, once the server has given one before: of a slow server by its own speed. */
  readonly firstMs: number;
  /** Longest such time, in ms. */
  readonly longestFirstMs: number;
  /** Deadline of the first output of the very first request, in ms: a model may have to be loaded. */
  readonly coldFirstMs: number;
  /** Time, in ms, that each further measure of a short request adds. */
  readonly moreMs: number;
  /** Time, in ms, without a further part once the output has begun. */
  readonly idleMs: number;
  /** Total time, in ms, spent waiting for this server; a slow reader does not count. */
  readonly totalMs: number;
  /** Time, in ms, within which a failure may be tried once more. */
  readonly retryWithinMs: number;
};

/** The deadlines of each role. */
export type RoleDeadlines = {
  readonly [Role in keyof typeof deadlines]: Deadlines;
};

/**
 * Deadlines in ms of each role, from the patience of people and from measurements: speech inside an answer is missed
 * soonest, and the speaker of something short learns within 5 s that it was not understood, unless the server is known to be slow. A chat model may think for as
 * long as an answer is promised for, five minutes. Longer speech and texts add to the first output.
 */
export const deadlines = {
  'speech to text': {
    firstMs: 5_000,
    coldFirstMs: 12_000,
    moreMs: 1_250,
    idleMs: 15_000,
    totalMs: 30_000,
    retryWithinMs: 3_000,
  },
  chat: {
    firstMs: 300_000,
    coldFirstMs: 300_000,
    moreMs: 0,
    idleMs: 30_000,
    totalMs: 480_000,
    retryWithinMs: 3_000,
  },
  'text to speech': {
    firstMs: 5_000,
    coldFirstMs: 15_000,
    moreMs: 2_000,
    idleMs: 5_000,
    totalMs: 60_000,
    retryWithinMs: 2_000,
  },
} as const satisfies Readonly<Record<string, Omit<Deadlines, 'longestFirstMs'>>>;

/** A server gets so many times the time that it is expected to take. */
const patience = 3;
/** Share of the slowest time that is left of it with each faster request. */
const keptShare = 0.75;

/**
 * Speed of one server: the time to the first output of the slowest of its recent requests. The slowest counts, as many servers take
 * for a short request as long as for a long one.
 */
export class ServerSpeed {
  #slowest: { readonly tookMs: number; readonly size: number } | undefined;

  /** `size` in multiples of a short request. One that was late counts with its deadline. */
  note(tookMs: number, size = 1): void {
    const fadedMs = keptShare * (this.#slowest?.tookMs ?? 0);
    const isSlowest = tookMs >= fadedMs;
    this.#slowest = isSlowest ? { tookMs, size } : { size, ...this.#slowest, tookMs: fadedMs };
  }

  /** Deadlines of the next request; without a size the usual ones, whatever the speed. */
  limits(usual: Deadlines, size = 0): Pick<Deadlines, 'firstMs' | 'idleMs' | 'totalMs'> {
    const { coldFirstMs, firstMs, idleMs, longestFirstMs, moreMs, totalMs } = usual;
    const slowest = this.#slowest ?? { tookMs: 0, size: 1 };
    const expectedMs = slowest.tookMs * Math.max(1, size / slowest.size);
    const slowMs = size > 0 ? Math.min(longestFirstMs, patience * expectedMs) : 0;
    const usualMs = (this.#slowest ? firstMs : coldFirstMs) + Math.max(0, size - 1) * moreMs;
    return {
      firstMs: Math.max(usualMs, slowMs),
      idleMs: Math.max(idleMs, slowMs),
      totalMs: Math.max(totalMs, 2 * slowMs),
    };
  }
}

export type StageTiming<T> = {
  readonly firstMs: number;
  /** Time, in ms, without a further part after the first output. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly clock: Clock;
  readonly isOutput: (part: T) => boolean;
  /** Told how long, in ms, the first output was waited for. */
  readonly onFirst: (waitedMs: number) => void;
  /** Error to throw, and to stop the source with by then. */
  readonly late: (ms: number) => Error;
};

/** Parts of `source`, each waited for no longer than `timing` says. A source that is late must be stopped by its signal. */
export async function* timed<T>(
  source: AsyncIterable<T>,
  { clock, firstMs, idleMs, isOutput, late, onFirst, totalMs }: StageTiming<T>,
): AsyncGenerator<T, undefined> {
  const parts = source[Symbol.asyncIterator]();
  let [limitMs, pauseMs] = [Math.min(firstMs, totalMs), Infinity];
  let waitedMs = 0;
  let isWaiting = false;
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      const leftMs = limitMs - waitedMs;
      const lateMs = pauseMs < leftMs ? pauseMs : limitMs;
      isWaiting = true;
      const next = parts.next();
      const part = await within(next, Math.min(pauseMs, leftMs), clock, () => late(lateMs));
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
    // One that still works gets its turn to stop when its signal is aborted.
    const stopped = parts.return?.(undefined)?.catch(() => undefined);
    if (!isWaiting) await stopped;
  }
}
