import { hintsOf } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';

/**
 * Words that a recogniser is given to expect: the names of the bot, the words of the server, and the names of the people there
 * who may be heard. Words and names alternate, as a recogniser accepts a limited number of them.
 */
export function recognitionHints(
  botNames: readonly string[],
  words: readonly string[],
  people: readonly string[],
): readonly string[] {
  return hintsOf([...botNames, ...inTurns(words, people)]);
}

function inTurns(some: readonly string[], others: readonly string[]): readonly string[] {
  const length = Math.max(some.length, others.length);
  const pairs = Array.from({ length }, (_, n) => [some[n], others[n]]);
  return pairs.flat().filter((one) => one !== undefined);
}

/** Recogniser with these hints, for a language (BCP 47) that people have set. */
export function hintedRecogniser(
  paid: Transcriber,
  hints: readonly string[],
  language: string | undefined,
): Transcriber {
  const hinted = paid.withHints?.(hints) ?? paid;
  return (language === undefined ? undefined : hinted.inLanguage?.(language)) ?? hinted;
}
