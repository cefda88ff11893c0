import { sameWords } from './same-words.ts';

/** Bounds of the queue of turns. */
export type QueueRules = {
  /** Questions that wait while something is said; a further one drops the oldest, of its own speaker first. */
  readonly mostQuestions: number;
  /** Texts that wait to be read out; a further one is refused. */
  readonly mostReadings: number;
  /** Lines of a chat that wait to be read out behind all else: of one person, and in all. */
  readonly mostLinesEach: number;
  readonly mostLines: number;
  /** Limit of postponed answers, which wait in the queue. */
  readonly mostPostponed: number;
  /** Longest wait of a question for its turn, in ms: by then people talk about something else. */
  readonly longestWaitMs: number;
  /** Longest wait for a postponed answer, in ms; then it is given up. */
  readonly longestPostponedMs: number;
  /** Longest time between two questions with the same words, in ms, that are answered as one. */
  readonly duplicateMs: number;
};

export const queueRules: QueueRules = {
  mostQuestions: 3,
  mostReadings: 8,
  mostLinesEach: 3,
  mostLines: 24,
  mostPostponed: 3,
  longestWaitMs: 45_000,
  longestPostponedMs: 300_000,
  duplicateMs: 3_000,
};

/** The words of a question, and when it ended. */
export type QuestionWords = { readonly text: string; readonly endedAtMs: number };

/** Whether two people ask the same at about the same time. */
export function asksTheSame(
  one: QuestionWords,
  other: QuestionWords,
  { duplicateMs }: QueueRules,
): boolean {
  const isNear = Math.abs(one.endedAtMs - other.endedAtMs) <= duplicateMs;
  return isNear && /[\p{L}\p{N}]/u.test(one.text) && sameWords(one.text, other.text);
}
