import type { SessionContext } from '#src/session/context.ts';
import { speakerOf } from '#src/session/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';

/** Refuses a question for lack of budget: its asker reads why if it was typed, the channel reads it once a day. */
export function refuseForBudget(
  question: QueuedQuestion,
  { isNews, line }: BudgetRefusal,
  context: SessionContext,
): void {
  const { channel, queue, parts } = context;
  const { name, speakerId } = question.said;
  if (isNews()) context.notice(line);
  question.tell?.({ kind: 'failed', line });
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
  const others = question.also?.some((one) => speakerOf(one) !== speakerId);
  if (others) queue.giveUp(question, 'over');
}
