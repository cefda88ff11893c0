import { asksTheSame, type QuestionWords, queueRules } from '#src/turn/queue-rules.ts';
import { type QueuedQuestion, type QueuedTurn, speakerOf } from './queued-turn.ts';
import type { DropReason } from './turn-handle.ts';

/** A question and those that are answered with it. */
export function withDuplicates(question: QueuedQuestion): readonly QueuedQuestion[] {
  return [question, ...(question.also ?? [])];
}

/** Whether another person asks what these people have asked just before. */
export function isDuplicate(question: QueuedQuestion, other: QueuedQuestion): boolean {
  const isElse = withDuplicates(question).every((one) => speakerOf(one) !== speakerOf(other));
  return isElse && asksTheSame(wordsOf(question), wordsOf(other), queueRules);
}

function wordsOf({ words, endedAtMs }: QueuedQuestion): QuestionWords {
  return { text: words?.text ?? '', endedAtMs };
}

/** Ends a turn for all people who asked it. */
export function endAll(turn: QueuedTurn, why: DropReason): void {
  const all = turn.kind === 'question' ? withDuplicates(turn) : [turn];
  for (const { handle } of all) handle.drop(why);
}
