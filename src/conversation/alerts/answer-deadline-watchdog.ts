import type { BotError } from '#src/base/errors.ts';
import type { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { deadlineError } from './failure-event.ts';

/** Interval, in ms, at which an answer is checked. */
const checkMs = 1_000;

const missedDeadline: ReadonlySet<BotError['code']> = new Set([
  'answer.late',
  'provider.late',
  'tool.late',
]);

/** Reports a failure that is a missed deadline. */
export function reportMissedDeadline(
  { code, message, stage = 'think' }: BotError,
  { channel, parts, watchdogs }: SessionContext,
): void {
  const change = missedDeadline.has(code)
    ? watchdogs.answerDeadlines.missed(stage, message)
    : undefined;
  if (change) parts.onEvent(channel.guildId, change);
}

/** Reports that answers are completed again, where one missed a deadline before. */
export function reportDeadlinesMet({ channel, parts, watchdogs }: SessionContext): void {
  const change = watchdogs.answerDeadlines.succeeded();
  if (change) parts.onEvent(channel.guildId, change);
}

/** Gives up an answer that has begun and then hangs; tools have deadlines of their own. Ends with `signal`, never throws. */
export async function watchAnswer(
  pending: PendingAnswer,
  reply: SpokenReply,
  { parts: { clock }, watchdogs }: SessionContext,
  signal: AbortSignal,
): Promise<void> {
  const { longestStandstillMs } = watchdogs.answerDeadlines;
  let [arrivals, sinceMs] = [pending.arrivals, clock.nowMs()];
  while (!signal.aborted) {
    await clock.sleep(checkMs, signal).catch(() => undefined); // ends the loop
    const isBusy = reply.paused || reply.ready || pending.step !== undefined;
    if (isBusy || pending.arrivals !== arrivals) sinceMs = clock.nowMs();
    arrivals = pending.arrivals;
    if (clock.nowMs() - sinceMs < longestStandstillMs) continue;
    const message = `An answer made no progress for ${longestStandstillMs / 1000} s.`;
    return pending.giveUp(deadlineError(pending.stage, message));
  }
}
