import type { SyncTiming } from '#src/discord/link/timing.ts';

export type Deadline = {
  readonly ms: number;
  readonly timing: SyncTiming;
  readonly late: () => Error;
};

/**
 * Gives `work` a deadline: then the signal it got is aborted, and it is not waited for any longer.
 *
 * Throws what `work` throws, or what `late` makes. Aborting `signal` throws `signal.reason`.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms, timing, late }: Deadline,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const given = Promise.withResolvers<never>();
  const giveUp = (reason: unknown) => {
    given.reject(reason);
    over.abort(reason);
  };
  const onAbort = () => giveUp(signal.reason);
  const forget = timing.later(ms, () => giveUp(late()));
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(over.signal), given.promise]);
  } finally {
    forget();
    signal.removeEventListener('abort', onAbort);
  }
}
