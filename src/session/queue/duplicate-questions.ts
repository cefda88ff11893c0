import { sameWords } from '#src/session/answering/partial-trust.ts';
import type { QueuedQuestion, QueuedTurn } from './queued-turn.ts';
import type { DropReason } from './turn-handle.ts';

/** Longest time between two questions with the same words, in ms, that are answered as one. */
const twinMs = 3_000;

/** A question and those that are answered with it. */
export function withDuplicates(question: QueuedQuestion): readonly QueuedQuestion[] {
  return [question, ...(question.also ?? [])];
}

/** Whether somebody else asks what these people have asked just before. */
export function isDuplicate(question: QueuedQuestion, other: QueuedQuestion): boolean {
  const [text, same] = [question.words?.text ?? '', other.words?.text ?? ''];
  const isNear = Math.abs(question.endedAtMs - other.endedAtMs) <= twinMs;
  const isElse = withDuplicates(question).every((one) => speakerOf(one) !== speakerOf(other));
  return isNear && isElse && /[\p{L}\p{N}]/u.test(text) && sameWords(text, same);
}

/** Nobody who wanted it gets any more of it. */
export function endAll(turn: QueuedTurn, why: DropReason): void {
  const all = turn.kind === 'question' ? withDuplicates(turn) : [turn];
  for (const { handle } of all) handle.drop(why);
}

export function speakerOf({ said }: QueuedQuestion): string {
  return said.speakerId;
}

export function isQuestion(turn: QueuedTurn | undefined): turn is QueuedQuestion {
  return turn?.kind === 'question';
}
