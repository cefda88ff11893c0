import { controllerUnder } from '#src/base/waiting.ts';

/**
 * Runs loops that live and die together.
 *
 * The first loop to return or throw stops the others. All are awaited, and the outcome of the first is returned or
 * thrown.
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

async function firstSettled<T>(runs: readonly Promise<T>[], stopped: unknown): Promise<T> {
  let last = stopped;
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
