import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';

/** Longest waits, in ms, for one role of a turn. */
export type Deadlines = {
  /** Time, in ms, up to the first output, once the server has given one before. */
  readonly firstMs: number;
  /** Deadline of the first output of the very first request, in ms: a model may have to be loaded. */
  readonly coldFirstMs: number;
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
 * soonest, and the speaker of something short learns within 5 s that it was not understood. A chat model may think for as
 * long as an answer is promised for, five minutes. Longer speech and texts add to the first output.
 */
export const deadlines = {
  'speech to text': {
    firstMs: 5_000,
    coldFirstMs: 12_000,
    idleMs: 15_000,
    totalMs: 30_000,
    retryWithinMs: 3_000,
  },
  chat: {
    firstMs: 300_000,
    coldFirstMs: 300_000,
    idleMs: 30_000,
    totalMs: 480_000,
    retryWithinMs: 3_000,
  },
  'text to speech': {
    firstMs: 5_000,
    coldFirstMs: 15_000,
    idleMs: 5_000,
    totalMs: 60_000,
    retryWithinMs: 2_000,
  },
} as const satisfies Readonly<Record<string, Deadlines>>;

export type StageTiming<T> = {
  readonly firstMs: number;
  /** Time, in ms, without a further part after the first output; left out: as long as the total allows. */
  readonly idleMs?: number;
  readonly totalMs: number;
  readonly clock: Clock;
  readonly isOutput: (part: T) => boolean;
  /** Error to throw, and to stop the source with by then. */
  readonly late: (ms: number) => Error;
};

/** Parts of `source`, each waited for no longer than `timing` says. A source that is late must be stopped by its signal. */
export async function* timed<T>(
  source: AsyncIterable<T>,
  { clock, firstMs, idleMs = Infinity, isOutput, late, totalMs }: StageTiming<T>,
): AsyncGenerator<T, undefined> {
  const parts = source[Symbol.asyncIterator]();
  let limitMs = Math.min(firstMs, totalMs);
  let waitedMs = 0;
  let [isWaiting, hasBegun] = [false, false];
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      const leftMs = limitMs - waitedMs;
      const isIdle = hasBegun && idleMs < leftMs;
      const lateMs = isIdle ? idleMs : limitMs;
      isWaiting = true;
      const next = parts.next();
      const part = await within(next, isIdle ? idleMs : leftMs, clock, () => late(lateMs));
      isWaiting = false;
      if (part.done) return;
      waitedMs += clock.nowMs() - sinceMs;
      if (isOutput(part.value)) [limitMs, hasBegun] = [totalMs, true];
      yield part.value;
    }
  } finally {
    // One that still works gets its turn to stop when its signal is aborted.
    const stopped = parts.return?.(undefined)?.catch(() => undefined);
    if (!isWaiting) await stopped;
  }
}
