import type { NoticeReceiver } from '#src/session/alerts/fallback-notices.ts';
import type { SessionEventListener } from '#src/session/ports/events.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import { speakerOf } from '#src/session/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';

/** The questions of a channel, and who is told that one is too expensive. */
export type RefusalContext = NoticeReceiver & {
  readonly channel: ChannelRef;
  readonly parts: { readonly onEvent: SessionEventListener };
  readonly queue: Pick<TurnQueue, 'giveUp'>;
};

/** Refuses a question for lack of budget: its asker reads why if it was typed, the channel reads it once a day. */
export function refuseForBudget(
  question: QueuedQuestion,
  { isNews, line }: BudgetRefusal,
  context: RefusalContext,
): void {
  const { channel, queue, parts } = context;
  const { name, speakerId } = question.said;
  if (isNews()) context.notice(line);
  question.tell?.({ kind: 'failed', line });
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
  const others = question.also?.some((one) => speakerOf(one) !== speakerId);
  if (others) queue.giveUp(question, 'over');
}
