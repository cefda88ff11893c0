import type { Clock } from './clock.ts';

/** For work that nothing aborts. */
export const neverAborted: AbortSignal = new AbortController().signal;

/**
 * Waits for `work`, or throws `signal.reason` once aborted. The work goes on without a
 * listener.
 */
export async function waitUnlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
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
 * Waits for `work`, or throws an error after `ms`. The work goes on, and its later
 * failure is ignored.
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { withTimeout } from '#src/base/bounded-wait.ts';
 *
 * const work = Promise.resolve('done');
 * await withTimeout(work, 1_000, realClock, () => new Error('too late')); // 'done'
 */
export async function withTimeout<T>(
  work: Promise<T>,
  ms: number,
  clock: Pick<Clock, 'later'>,
  createError: () => Error,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const forget = clock.later(ms, () => reject(createError()));
  try {
    return await Promise.race([work, promise]);
  } finally {
    forget();
  }
}

/**
 * Creates a controller that `signal` aborts, too. Its owner must abort it in the end.
 */
export function createChildController(signal: AbortSignal): AbortController {
  // A composite signal (`AbortSignal.any`) would check all its sources each time it is asked.
  const controller = new AbortController();
  const abortToo = () => controller.abort(signal.reason);
  const stopListening = () => signal.removeEventListener('abort', abortToo);
  signal.addEventListener('abort', abortToo);
  controller.signal.addEventListener('abort', stopListening, { once: true });
  if (signal.aborted) abortToo();
  return controller;
}

/**
 * Creates a signal that aborts with an error after `ms`. Disposing cancels the
 * deadline.
 */
export function createDeadlineSignal(
  ms: number,
  clock: Pick<Clock, 'later'>,
  createError: () => Error,
): Disposable & { readonly signal: AbortSignal } {
  const deadline = new AbortController();
  const forget = clock.later(ms, () => deadline.abort(createError()));
  return { signal: deadline.signal, [Symbol.dispose]: forget };
}

/** Waits for `work`. Undefined after `ms`. Aborting `signal` throws `signal.reason`. */
export async function waitAtMost<T>(
  work: Promise<T>,
  ms: number,
  clock: Pick<Clock, 'later'>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const tooLateError = new Error('it was late');
  try {
    return await withTimeout(
      waitUnlessAborted(work, signal),
      ms,
      clock,
      () => tooLateError,
    );
  } catch (cause) {
    if (cause !== tooLateError) throw cause;
    return undefined;
  }
}
