import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';

/** Longest waits, in ms, for one role of a turn. */
export type Deadlines = {
  /** Time, in ms, up to the first output, once the server has given one before. */
  readonly firstMs: number;
  /** Deadline of the first output of the very first request, in ms: a model may have to be loaded. */
  readonly coldFirstMs: number;
  /** Total time, in ms, spent waiting for this server; a slow reader does not count. */
  readonly totalMs: number;
  /** Time, in ms, within which a failure may be tried once more. */
  readonly retryWithinMs: number;
};

/**
 * Deadlines in ms of each role, by what people wait for and what was measured: speech inside an answer is missed soonest,
 * and the speaker of something short is told within 5 s that it was not understood. Longer speech and texts add to the first
 * output.
 */
export const deadlines = {
  'speech to text': {
    firstMs: 5_000,
    coldFirstMs: 12_000,
    totalMs: 30_000,
    retryWithinMs: 3_000,
  },
  chat: {
    firstMs: 60_000,
    coldFirstMs: 60_000,
    totalMs: 180_000,
    retryWithinMs: 3_000,
  },
  'text to speech': {
    firstMs: 5_000,
    coldFirstMs: 15_000,
    totalMs: 60_000,
    retryWithinMs: 2_000,
  },
} as const satisfies Readonly<Record<string, Deadlines>>;

export type StageTiming<T> = {
  readonly firstMs: number;
  readonly totalMs: number;
  readonly clock: Clock;
  readonly isOutput: (part: T) => boolean;
  /** What is thrown, and what the source is to be stopped with by then. */
  readonly late: (ms: number) => Error;
};

/** Passes parts on and waits for each no longer than `timing` says. A source that is late must be stopped by its signal. */
export async function* timed<T>(
  source: AsyncIterable<T>,
  timing: StageTiming<T>,
): AsyncGenerator<T> {
  const { firstMs, totalMs, clock, isOutput, late } = timing;
  const parts = source[Symbol.asyncIterator]();
  let [waitedMs, limitMs] = [0, Math.min(firstMs, totalMs)];
  let isWaiting = false;
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      isWaiting = true;
      const { done, value } = await within(parts.next(), limitMs - waitedMs, clock, () =>
        late(limitMs),
      );
      isWaiting = false;
      if (done) return;
      waitedMs += clock.nowMs() - sinceMs;
      if (isOutput(value)) limitMs = totalMs;
      yield value;
    }
  } finally {
    // One that still works gets its turn to stop when its signal is aborted.
    const stopped = parts.return?.(undefined)?.catch(() => undefined);
    if (!isWaiting) await stopped;
  }
}
