import type { SpeakingContext } from '#src/session/context.ts';
import { speakerOf } from '#src/session/queue/duplicate-questions.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import type { BudgetRefusal } from '#src/spending/budget-authority.ts';

/** The question is not answered: whoever typed it reads why, and the room does once a day. */
export function refuseForBudget(
  question: QueuedQuestion,
  { isNews, line }: BudgetRefusal,
  room: SpeakingContext,
): void {
  const { channel, floor, parts } = room;
  const { name, speakerId } = question.said;
  if (isNews()) room.notice(line);
  question.tell?.({ kind: 'failed', line });
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
  const others = question.also?.some((one) => speakerOf(one) !== speakerId);
  if (others) floor.giveUp(question, 'over');
}
