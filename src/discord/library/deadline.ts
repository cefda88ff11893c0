import { deadlineSignal, unlessAborted } from '#src/base/waiting.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';

export type Deadline = {
  readonly ms: number;
  readonly timing: SyncTiming;
  readonly late: () => Error;
};

/**
 * Gives `work` a deadline: then the signal it got is aborted, and it is not waited for any longer.
 *
 * Throws the error of `work`, or that of `late`. Aborting `signal` throws `signal.reason`.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms, timing, late }: Deadline,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  using deadline = deadlineSignal(ms, timing, late);
  const either = AbortSignal.any([signal, deadline.signal]);
  try {
    return await unlessAborted(work(either), either);
  } catch (cause) {
    either.throwIfAborted();
    throw cause;
  }
}

/** Waits for `work`, for at most `ms`. */
export async function atMost(
  ms: number,
  timing: SyncTiming,
  work: Promise<unknown>,
): Promise<void> {
  const late = Promise.withResolvers<void>();
  const forget = timing.later(ms, late.resolve);
  await Promise.race([late.promise, work]);
  forget();
}
