import { englishCompleteLogit } from './english.ts';
import { guessLanguage, type Lexicon } from './lexicon.ts';
import { dictationLogit } from './numbers.ts';

/** Whether a text sounds finished. */
export type EndOfTurn = {
  /** Logit that the person has finished: 0 could be either, below -2 the person is in the middle of it. */
  readonly completeLogit: number;
  /** Lower case, without punctuation; empty when no word was recognised. The key of `learnEnding`. */
  readonly lastWord: string;
};

/**
 * Judges the end of a text: words of the languages with word lists weigh more than the punctuation a recogniser guessed, those of
 * others nothing.
 */
export function endOfTurnOf(text: string, language?: string): EndOfTurn {
  const said = text.normalize('NFKC').toLowerCase().replaceAll('\u2019', "'").trim();
  const words = wordsOf(said);
  const lastWord = words.at(-1) ?? '';
  if (lastWord === '') return { completeLogit: 0, lastWord };
  const lexicon = guessLanguage(said, words, language);
  const logit = wordsLogit(said, words, lexicon) + punctuationLogit(said);
  return { completeLogit: Math.max(-4, Math.min(4, logit)), lastWord };
}

/** Runs of letters and digits; an apostrophe, a hyphen or a point inside belongs to the word. */
function wordsOf(said: string): string[] {
  return said.match(/[\p{L}\p{M}\p{N}]+(?:['.,:-][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

function wordsLogit(said: string, words: readonly string[], lexicon: Lexicon): number {
  const last = words.at(-1) ?? '';
  if (lexicon.fillers.has(last)) return -3;
  const dictated = dictationLogit(words, lexicon.numbers);
  if (dictated < 0) return dictated;
  if (isStretched(last)) return -1.5;
  if (lexicon.code === '') return 0;
  if (lexicon.code === 'en') return englishCompleteLogit(words);
  if (lexicon.openWords.has(last)) return -2.6;
  const bare = said.replace(/(?<![^\p{L}\p{M}\p{N}])[^\p{L}\p{M}\p{N}]+$/u, '');
  if (lexicon.closedSuffixes.some((ending) => bare.endsWith(ending))) return 1.6;
  if (lexicon.openSuffixes.some((ending) => bare.endsWith(ending))) return -1.8;
  return lengthLogit(words, lexicon);
}

/** "Sooo": held while looking for the next word. */
function isStretched(word: string): boolean {
  return /([\p{L}])\1\1$/u.test(word);
}

/** Logit of the length: enough words for a sentence; one that begins like a subordinate clause needs more. */
function lengthLogit(words: readonly string[], lexicon: Lexicon): number {
  const [first = ''] = words;
  if (lexicon.subordinators.has(first) && words.length < 7) return -1.2;
  if (words.length >= 4) return 1.4;
  if (words.length === 3) return 1.1;
  return words.length === 2 ? 0.7 : 0.4;
}

/** A full stop weighs little, for recognisers put one at any pause; punctuation that keeps a sentence open weighs more. */
function punctuationLogit(said: string): number {
  if (/((?<!\.)\.{2,}|\u2026)["'\u201d\u00bb)\]]*$/u.test(said)) return -2;
  if (/[-\u2013\u2014~]$/u.test(said)) return -1.6;
  if (/[,\u3001\uff0c\u060c:;\uff1a\uff1b]$/u.test(said)) return -1.4;
  if (isOpen(said)) return -1;
  if (/[?\uff1f\u061f;]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(said)) return 1.4;
  if (/[!\uff01]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(said)) return 0.8;
  if (/[.\u3002\uff61\u0964\u061b\u06d4]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(said)) return 0.5;
  return /[\p{L}\p{N}][.?!,]\s+\p{L}/u.test(said) ? -0.4 : 0;
}

/** Whether more brackets or quotes are opened than closed. */
function isOpen(said: string): boolean {
  const count = (marks: RegExp) => said.match(marks)?.length ?? 0;
  return (
    count(/[([{\u00ab\u201c\u300c\u300e\uff08]/gu) >
      count(/[)\]}\u00bb\u201d\u300d\u300f\uff09]/gu) || count(/"/g) % 2 === 1
  );
}
