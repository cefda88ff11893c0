import { toPlainWords, trimNames } from '#src/turn/addressing/names.ts';
import type { ProgressPhrases } from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';

/** A question about work that runs: what it is, or how long it takes. */
export type ProgressQuestion = Exclude<keyof ProgressPhrases, 'beside'>;

const questions: readonly ProgressQuestion[] = ['doing', 'howLong'];
const maxQuestionChars = 80;
const maxBesideWords = 3;

/**
 * Finds the question about running work that a final text is, apart from politeness and the bot's names.
 *
 * @example
 * import { findProgressQuestion } from '#src/turn/overlap/progress-questions.ts';
 *
 * findProgressQuestion('Nova, what are you doing?', ['Nova']); // 'doing'
 */
export function findProgressQuestion(
  text: string,
  names: readonly string[],
): ProgressQuestion | undefined {
  if (text.length > maxQuestionChars) return undefined;
  const sentence = trimNames(toPlainWords(text), names);
  return questions.find((question) =>
    languages.some(
      ({ progress }) => progress && isQuestion(sentence, progress, question),
    ),
  );
}

function isQuestion(
  sentence: string,
  phrases: ProgressPhrases,
  question: ProgressQuestion,
) {
  const asked = phrases[question].map(toPlainWords);
  const beside = phrases.beside.map(toPlainWords);
  let rest = sentence;
  // A word beside one question may be part of another, as "still".
  for (let n = 0; n < maxBesideWords && !asked.includes(rest); n++)
    rest =
      beside.map((phrase) => trimPhrase(rest, phrase)).find((each) => each !== rest) ??
      rest;
  return asked.includes(rest);
}

function trimPhrase(sentence: string, phrase: string) {
  if (sentence.startsWith(`${phrase} `)) return sentence.slice(phrase.length + 1);
  if (sentence.endsWith(` ${phrase}`)) return sentence.slice(0, -phrase.length - 1);
  return sentence;
}
