import { controllerUnder } from '#src/base/waiting.ts';

/**
 * Runs loops that live and die together: the first to return or throw stops the others, all are awaited,
 * and its outcome is the outcome.
 */
export async function together<T>(
  signal: AbortSignal,
  loops: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T> {
  const over = controllerUnder(signal);
  const runs = loops.map(async (loop) => {
    try {
      return await loop(over.signal);
    } finally {
      over.abort(new Error('a loop beside this one ended'));
    }
  });
  await Promise.allSettled(runs);
  signal.throwIfAborted();
  return await firstSettled(runs, over.signal.reason);
}

/** Result of the first run that was not stopped by another; stopped runs throw `stopped` and are skipped. */
async function firstSettled<T>(runs: readonly Promise<T>[], stopped: unknown): Promise<T> {
  let last: unknown = stopped;
  for (const run of runs) {
    try {
      return await run;
    } catch (error) {
      if (error !== stopped) throw error;
      last = error;
    }
  }
  throw last;
}
