import type { Clock } from './clock.ts';

/**
 * The result of `work`, unless `signal` is aborted first: that throws `signal.reason`.
 *
 * A signal aborted before the wait began wins over work that is already done. The work itself is not stopped: where it
 * fails after that, nobody is told.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * The result of `work`, unless `ms` pass first: that throws what `late` makes.
 *
 * Work that is already done wins, even with no ms left. The work itself is not stopped: where it fails after that,
 * nobody is told.
 */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  late: () => Error,
): Promise<T> {
  const over = new AbortController();
  const deadline = clock.sleep(ms, over.signal).then(() => {
    throw late();
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    over.abort(noLongerAwaited);
  }
}

/** Made once: the reason that `abort` would make each time takes a stack trace, more than all else of a wait. */
const noLongerAwaited = new Error('it is not waited for any more');

/** A signal that aborts once `ms` have passed on `clock`, with what `late` makes; disposed of, it never does. */
export function deadlineSignal(
  ms: number,
  clock: Pick<Clock, 'later'>,
  late: () => Error,
): Disposable & { readonly signal: AbortSignal } {
  const deadline = new AbortController();
  const forget = clock.later(ms, () => deadline.abort(late()));
  return { signal: deadline.signal, [Symbol.dispose]: forget };
}

/** The result of `work`, or undefined once `ms` have passed. Aborting `signal` throws `signal.reason`. */
export async function ifInTime<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | undefined> {
  const late = new Error('it was late');
  try {
    return await within(unlessAborted(work, signal), ms, clock, () => late);
  } catch (cause) {
    if (cause !== late) throw cause;
    return undefined;
  }
}
