import type { AlertChange } from '#src/base/alerts.ts';
import { BotError, type FailureStage } from '#src/base/errors.ts';
import type { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';

/** Interval, in ms, at which an answer is checked. */
const checkMs = 1_000;

/** Watchdog of the stages of answers in one channel: raised by the first that misses its deadline, until an answer is whole. */
export class AnswerDeadlineWatchdog {
  /** Longest time, in ms, that an answer which has begun neither sounds nor grows. */
  readonly longestStandstillMs: number;
  #isRaised = false;

  constructor(longestStandstillMs: number) {
    this.longestStandstillMs = longestStandstillMs;
  }

  /** The alert, where it is news. */
  missed(stage: FailureStage, cause: string): AlertChange | undefined {
    if (this.#isRaised) return undefined;
    this.#isRaised = true;
    return { ...stageHanging, state: 'raised', cause: `${stage}: ${cause}` };
  }

  /** The end of the alert, where there was one. */
  succeeded(): AlertChange | undefined {
    if (!this.#isRaised) return undefined;
    this.#isRaised = false;
    return { ...stageHanging, state: 'cleared', cause: 'an answer was completed' };
  }
}

const stageHanging = { kind: 'alert', name: 'stage-hanging' } as const;
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

/** Error of a stage that missed its deadline. */
export function deadlineError(stage: FailureStage, message: string): BotError {
  return new BotError('answer.late', true, message, undefined, stage);
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
