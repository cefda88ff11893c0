import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';

export type Deadline = {
  readonly ms: number;
  readonly timing: SyncTiming;
  readonly late: () => Error;
};

/** Deadline, in ms, from sending a request to Discord's answer. */
const answerMs = 4_000;

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
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const forget = timing.later(ms, () => over.abort(late()));
  try {
    return await unlessAborted(work(either), either);
  } catch (cause) {
    either.throwIfAborted();
    throw cause;
  } finally {
    forget();
  }
}

/** Longest time that Discord has to answer one request. */
export function answerWithin(timing: SyncTiming): Deadline {
  const message = `Discord did not answer in ${answerMs / 1000} s.`;
  const late = () => new BotError('discord.unreachable', true, message);
  return { ms: answerMs, timing, late };
}
