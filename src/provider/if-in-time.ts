import type { Clock } from '#src/base/clock.ts';
import { unlessAborted } from './unless-aborted.ts';
import { within } from './within.ts';

/** Waits for `work` and gives undefined once `ms` have passed. Aborting `signal` throws `signal.reason`. */
export async function ifInTime<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | undefined> {
  const none = new Error('none came');
  try {
    return await within(unlessAborted(work, signal), ms, clock, () => none);
  } catch (cause) {
    if (cause !== none) throw cause;
    return undefined;
  }
}
