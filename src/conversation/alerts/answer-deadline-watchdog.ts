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

const stageHanging = { kind: 'alert', name: 'stage-hanging' } as const;

/** Reports a failure that is the first missed deadline since an answer was whole. */
export function reportMissedDeadline(
  { code, message, stage = 'think' }: BotError,
  { channel, parts, talk }: SessionContext,
): void {
  if (!missedDeadline.has(code) || !talk.isNewFailure('deadline')) return;
  const cause = `${stage}: ${message}`;
  parts.onEvent(channel.guildId, { ...stageHanging, state: 'raised', cause });
}

/** Reports that answers are completed again, where one missed a deadline before. */
export function reportDeadlinesMet({ channel, parts, talk }: SessionContext): void {
  if (!talk.endFailure('deadline')) return;
  const cause = 'an answer was completed';
  parts.onEvent(channel.guildId, { ...stageHanging, state: 'cleared', cause });
}

/** Gives up an answer that has begun and then hangs; tools have deadlines of their own. Ends with `signal`, never throws. */
export async function watchAnswer(
  pending: PendingAnswer,
  reply: SpokenReply,
  { longestStandstillMs, parts: { clock } }: SessionContext,
  signal: AbortSignal,
): Promise<void> {
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
