import type { Clock } from '#src/base/clock.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type { TranscriptUpdate } from '#src/speech/ports.ts';

/** Partials that wait for a reader; of more the oldest are dropped. */
const mostWaiting = 32;

/** One request for the words of an utterance; `attempt` counts from 0. */
export type TranscriptAttempt = (
  signal: AbortSignal,
  attempt: 0 | 1,
) => AsyncIterable<TranscriptUpdate>;

/**
 * Words by the first of two requests that gives them; the second is sent when the first has not for `againMs`.
 *
 * Errors: those of the first request; one that fails before the second is sent ends both. Aborting `signal` throws
 * `signal.reason`.
 */
export async function* askedAgain(
  ask: TranscriptAttempt,
  againMs: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<TranscriptUpdate> {
  signal.throwIfAborted();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const updates = new Mailbox<TranscriptUpdate>(mostWaiting);
  const finalOf = async (attempt: 0 | 1): Promise<TranscriptUpdate> => {
    for await (const update of ask(either, attempt)) {
      if (update.kind === 'final') return update;
      updates.put(update);
    }
    return { kind: 'final', transcript: { text: '' } };
  };
  void firstOf(finalOf, againMs, clock, either).then(
    (final) => {
      updates.put(final);
      updates.end();
    },
    (error: unknown) => updates.fail(error),
  );
  try {
    yield* updates.read(signal);
  } finally {
    over.abort(new Error('the words are there, or the request is over'));
  }
}

/** Errors: as the first attempt. Aborting `signal` ends the wait for the second one. */
async function firstOf<T>(
  attempt: (n: 0 | 1) => Promise<T>,
  againMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<T> {
  const failed = new AbortController();
  const waiting = AbortSignal.any([signal, failed.signal]);
  const first = attempt(0);
  first.catch(() => failed.abort(new Error('the first request has failed')));
  const second = clock.sleep(againMs, waiting).then(() => attempt(1));
  try {
    return await Promise.any([first, second]);
  } catch {
    return await first;
  }
}
