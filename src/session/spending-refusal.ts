import type { QueuedQuestion } from './matter.ts';
import type { SpeakingContext } from './room.ts';
import type { BudgetRefusal } from './spending.ts';
import { speakerOf } from './twins.ts';

/** The question is not answered: whoever typed it reads why, and the room does once a day. */
export function refuseForBudget(question: QueuedQuestion, { isNews, line }: BudgetRefusal, room: SpeakingContext): void {
  const { channel, floor, parts } = room;
  const { name, speakerId } = question.said;
  if (isNews()) room.notice(line);
  question.tell?.({ kind: 'failed', line });
  parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why: 'budget' });
  const others = question.also?.some((one) => speakerOf(one) !== speakerId);
  if (others) floor.giveUp(question, 'over');
}
