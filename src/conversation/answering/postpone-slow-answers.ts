import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { sayOrWrite } from '#src/conversation/alerts/say-or-write.ts';
import type { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { TurnQueue } from '#src/conversation/queue/turn-queue.ts';
import type { SessionContext, SpeakingContext } from '#src/conversation/session-context.ts';
import { queueRules } from '#src/turn/queue-rules.ts';
import { waitingRules } from '#src/turn/waiting.ts';

/** Waits for the first sound of an answer; true where that takes so long that the next turn becomes current. */
export async function isSlow(
  pending: PendingAnswer,
  { parts }: { readonly parts: { readonly clock: Clock } },
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = parts;
  if (pending.isReady) return false;
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(waitingRules.laterMs, either).then(
    () => !signal.aborted,
    () => false,
  );
  try {
    return await Promise.race([pending.ready.then(() => false), late]);
  } finally {
    over.abort(new Error('the wait for the answer is over'));
  }
}

/** Makes other turns current until the answer is there; false where too many are awaited already. */
export function postpone(
  question: QueuedQuestion,
  pending: PendingAnswer,
  { queue }: { readonly queue: TurnQueue },
): boolean {
  if (!queue.putAside(question)) {
    pending.giveUp(tooLate(waitingRules.laterMs));
    return false;
  }
  question.pending = pending;
  const { signal } = question.handle;
  signal.addEventListener('abort', () => question.pending?.discard(signal.reason));
  return true;
}

/** Says to the asker that the answer comes later. */
export async function askToWait(
  { report }: QueuedQuestion,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<void> {
  report?.({ kind: 'failed', line: { id: 'ask.late' } });
  await sayOrWrite({ id: 'ask.late' }, undefined, context, signal);
}

/** Answers that took long come at the next pause, or fail; after five minutes in any case. To be called now and then. */
export function resumePostponed({ queue, parts }: SessionContext, isQuiet: boolean): void {
  const longestMs = queueRules.longestPostponedMs;
  for (const question of queue.aside) {
    const { pending, endedAtMs } = question;
    const isOver = parts.clock.nowMs() - endedAtMs >= longestMs;
    if (isOver && !pending?.isReady) pending?.giveUp(tooLate(longestMs));
    const isReady = pending === undefined || pending.isReady;
    if (isReady && (isOver || (isQuiet && queue.isFree))) queue.resume(question);
  }
}

function tooLate(ms: number): BotError {
  return new BotError('provider.late', true, `An answer took longer than ${ms / 1000} s.`);
}
