import type { Dropping } from './claim.ts';
import type { Matter, Question } from './matter.ts';
import { sameWords } from './partial-trust.ts';

/** The same words of two people within this time are one question. Source: product, "Several speakers". */
const twinMs = 3_000;

/** A question and those that are answered with it. */
export function withTwins(question: Question): readonly Question[] {
  return [question, ...(question.also ?? [])];
}

/** Whether somebody else asks what these people have asked just before. */
export function isTwin(question: Question, other: Question): boolean {
  const [text, same] = [question.words?.text ?? '', other.words?.text ?? ''];
  const isNear = Math.abs(question.endedAtMs - other.endedAtMs) <= twinMs;
  const isElse = withTwins(question).every((one) => speakerOf(one) !== speakerOf(other));
  return isNear && isElse && /[\p{L}\p{N}]/u.test(text) && sameWords(text, same);
}

/** Nobody who wanted it gets any more of it. */
export function endAll(matter: Matter, why: Dropping): void {
  const all = matter.kind === 'question' ? withTwins(matter) : [matter];
  for (const { claim } of all) claim.drop(why);
}

export function speakerOf({ said }: Question): string {
  return said.speakerId;
}

export function isQuestion(matter: Matter | undefined): matter is Question {
  return matter?.kind === 'question';
}
