import type { Clock } from './clock.ts';

/**
 * The result of `work`, unless `signal` is aborted first: that throws `signal.reason`.
 *
 * A signal aborted before the wait began wins over work that is already done. The work itself is not stopped: its later
 * failure is ignored.
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
 * The result of `work`, unless `ms` pass first: that throws the error from `late`.
 *
 * Work that is already done wins, even with no ms left. The work itself is not stopped: its later failure is ignored.
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

/** Deadlines of waits one after the other, such as those for the parts of a stream. Disposed of, it holds no timer. */
export class StreamDeadline implements Disposable {
  readonly #clock;
  #forget: (() => void) | undefined;

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock;
  }

  /** Waits as the function `within` does. */
  async within<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>();
    const forget = this.#clock.later(Math.max(0, ms), () => reject(late()));
    this.#forget = forget;
    try {
      return await Promise.race([work, promise]);
    } finally {
      forget();
    }
  }

  [Symbol.dispose](): void {
    this.#forget?.();
  }
}

/**
 * A controller that is aborted with `signal`, too, until it is aborted by itself, as it must be in the end. To ask it costs
 * nothing, while a composite signal asks all its sources each time.
 */
export function controllerUnder(signal: AbortSignal): AbortController {
  const own = new AbortController();
  const follow = () => own.abort(signal.reason);
  const leave = () => signal.removeEventListener('abort', follow);
  signal.addEventListener('abort', follow);
  own.signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) follow();
  return own;
}

/** A signal that aborts once `ms` have passed on `clock`, with the error of `late`; disposed of, it never does. */
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
