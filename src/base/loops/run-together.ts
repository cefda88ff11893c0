import { createChildController } from '#src/base/bounded-wait.ts';

/**
 * Runs loops until the first ends, which stops the others. The first outcome counts.
 */
export async function runTogether<T>(
  signal: AbortSignal,
  loops: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T> {
  const ending = createChildController(signal);
  const runs = loops.map(async (loop) => {
    try {
      return await loop(ending.signal);
    } finally {
      ending.abort(new Error('a loop beside this one ended'));
    }
  });
  await Promise.allSettled(runs);
  signal.throwIfAborted();
  return await awaitFirstOutcome(runs, ending.signal.reason);
}

/** Returns or throws as the loop that ended by itself. The others threw `stopped`. */
async function awaitFirstOutcome<T>(runs: readonly Promise<T>[], stopped: unknown) {
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
