import { BotError } from '#src/base/errors.ts';
import { sayOrWrite } from '#src/session/alerts/report-failure.ts';
import type { SpeakingContext } from '#src/session/context.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import { waitingRules } from '#src/turn/waiting.ts';
import type { PendingAnswer } from './pending-answer.ts';

/** Longest wait for a postponed answer, in ms; then it is given up. */
const longestMs = 300_000;

/** Waits for the first sound of an answer; true where that takes so long that the next turn gets the floor. */
export async function isSlow(
  pending: PendingAnswer,
  { parts }: Pick<SpeakingContext, 'parts'>,
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
    over.abort(new Error('waited for enough'));
  }
}

/** Gives the floor to others until the answer is there; false where too many are awaited already. */
export function postpone(
  question: QueuedQuestion,
  pending: PendingAnswer,
  { queue }: SpeakingContext,
): boolean {
  if (!queue.putAside(question)) {
    pending.giveUp(tooLate(waitingRules.laterMs));
    return false;
  }
  question.pending = pending;
  question.handle.signal.addEventListener('abort', () => question.pending?.discard());
  return true;
}

/** Whoever asked is told not to wait. */
export async function tellToWait(
  { tell }: QueuedQuestion,
  context: SpeakingContext,
  signal: AbortSignal,
): Promise<void> {
  tell?.({ kind: 'failed', line: { id: 'ask.late' } });
  await sayOrWrite({ id: 'slow.later' }, context, signal);
}

/** Answers that took long come at the next pause, or fail; after five minutes in any case. To be called now and then. */
export function resumePostponed({ queue, parts }: SpeakingContext, isQuiet: boolean): void {
  for (const question of queue.aside) {
    const { pending, endedAtMs } = question;
    const isOver = parts.clock.nowMs() - endedAtMs >= longestMs;
    if (isOver && !pending?.isReady) pending?.giveUp(tooLate(longestMs));
    const isReady = pending === undefined || pending.isReady;
    if (isReady && (isOver || (isQuiet && queue.isFree))) queue.takeUp(question);
  }
}

function tooLate(ms: number): BotError {
  return new BotError('provider.late', true, `No answer in ${ms / 1000} s.`);
}
