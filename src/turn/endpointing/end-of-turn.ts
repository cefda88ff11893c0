import { toBaseLanguage } from '#src/base/language/expected-language.ts';
import { toPlainWords } from '#src/turn/addressing/names.ts';
import type {
  EndOfTurnWords,
  NumberWords,
} from '#src/turn/languages/language-words.ts';
import { languages } from '#src/turn/languages/languages.ts';
import { predictEnglishEnd } from './english-end-of-turn.ts';
import { readWordEndings } from './word-endings.ts';

type Lexicon = ReturnType<typeof compileLexicon>;

const hesitations = languages.flatMap(({ endOfTurn }) => endOfTurn?.fillers ?? []);
/** Sounds without a meaning in any language. Words such as "also" stay with their language. */
const hesitationSounds = hesitations.filter((word) =>
  /^(?:[eua\u00e4\u00f6hm]{2,}|h+m+|e+h*m*|um+|uh+m*)$/u.test(word),
);

const lexicons: ReadonlyMap<string, Lexicon> = new Map(
  languages.flatMap(({ code, endOfTurn }) =>
    endOfTurn ? [[code, compileLexicon(code, endOfTurn)]] : [],
  ),
);

const wordEndings = readWordEndings();
/** English has a grammar as well: both together are better than each alone on `test/turn/held-out-people.ts` and on clips of people. */
const englishWeights = { grammar: 0.8, learnt: 0.5 };

const unknownLexicon = compileLexicon('', { fillers: [] });
const japaneseLexicon = lexicons.get('ja') ?? unknownLexicon;
const latinLexicons = [...lexicons.values()].filter(
  (lexicon) => lexicon !== japaneseLexicon,
);

const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const otherThanLatin = /[\p{L}--\p{Script=Latin}]/v;

function compileLexicon(
  code: string,
  {
    fillers,
    frequentWords = [],
    numbers: { words: numberWords = [] } = {},
  }: EndOfTurnWords,
) {
  return {
    /** ISO 639-1 code, empty for an unknown language. */
    code,
    fillers: new Set([...fillers, ...hesitationSounds]),
    numbers: new Set(numberWords),
    /** Words that tell the language from others of its script. */
    known: new Set([...frequentWords, ...numberWords]),
  };
}

const learntCodes = new Set(languages.map(({ code }) => code));

/** Guesses the language by the recogniser's report, then by script, then by frequent words. */
function guessLanguage(
  text: string,
  spokenWords: readonly string[],
  language?: string,
): Lexicon {
  const told = language ? getToldLexicon(toBaseLanguage(language)) : undefined;
  if (told && !isContradicted(told, text, spokenWords)) return told;
  if (kana.test(text)) return japaneseLexicon;
  return otherThanLatin.test(text) ? unknownLexicon : findNearestLexicon(spokenWords);
}

/**
 * Some recognisers tell the language that they were told to expect, whatever is spoken. Words of another language, and none of that one, contradict
 * them.
 */
function isContradicted(told: Lexicon, text: string, spokenWords: readonly string[]) {
  if (told.known.size === 0 || told === japaneseLexicon) return false;
  if (spokenWords.some((word) => told.known.has(word))) return false;
  if (otherThanLatin.test(text)) return true;
  // "Um" is a hesitation in English, and a word in German.
  const meantWords = spokenWords.filter((word) => !told.fillers.has(word));
  return findNearestLexicon(meantWords) !== unknownLexicon;
}

/** Most languages have no lexicon, and weights of their own all the same. */
function getToldLexicon(code: string): Lexicon {
  const lexicon = lexicons.get(code);
  if (lexicon) return lexicon;
  return learntCodes.has(code) ? { ...unknownLexicon, code } : unknownLexicon;
}

/** A text without any frequent word may be in one of the languages that have no lexicon: it is judged by the weights that all of them share. */
function findNearestLexicon(spokenWords: readonly string[]): Lexicon {
  let best = unknownLexicon;
  let maxHits = 0;
  for (const lexicon of latinLexicons) {
    const hits = spokenWords.filter((word) => lexicon.known.has(word)).length;
    if (hits > maxHits) [best, maxHits] = [lexicon, hits];
  }
  return best;
}

const maxDictatedDigits = 12;

/** "My number is", "der Code". */
const numberNouns = new RegExp(
  `^(?:${listNumberWords('nouns').join('|').replaceAll('*', '\\p{L}*')})$`,
  'u',
);

/** "At six", "um acht", "root of two": a time, an amount, or the end of a sum. */
const settlingPrepositions = new Set(listNumberWords('prepositions'));

const tens = new Set(listNumberWords('tens'));
const units = new Set(listNumberWords('units'));

/** Rates dictated numbers below 0, and one that waits for its noun. */
function getDictationLogit(
  spokenWords: readonly string[],
  numbers: ReadonlySet<string>,
): number {
  const trailingRun = countTrailingNumbers(spokenWords, numbers);
  if (trailingRun.words === 0) return 0;
  if (trailingRun.digits >= maxDictatedDigits) return -0.3;
  const isOne =
    trailingRun.words === 1 ||
    (trailingRun.words === 2 && isCompoundNumber(spokenWords.slice(-2)));
  if (trailingRun.words >= 3 || trailingRun.digits >= 3) return -1.9;
  if (spokenWords.some((word) => numberNouns.test(word))) return -1.8;
  if (trailingRun.words === spokenWords.length) return isOne ? -0.4 : -1.9;
  if (!isOne) return -1.2;
  return isNumberSettled(spokenWords, spokenWords.length - trailingRun.words, numbers)
    ? 0
    : -0.6;
}

/** Recognises that the number completes the sentence: "at six", "from one to six", "this one". */
function isNumberSettled(
  spokenWords: readonly string[],
  numberStart: number,
  numbers: ReadonlySet<string>,
) {
  if (
    settlingPrepositions.has(spokenWords[numberStart - 1] ?? '') ||
    numbers.has(spokenWords[numberStart - 2] ?? '')
  )
    return true;
  return spokenWords[numberStart] === 'one' && spokenWords.length > 2;
}

/** Recognises "forty two" as one number. */
function isCompoundNumber([ten = '', unit = '']: readonly string[]) {
  return tens.has(ten) && units.has(unit);
}

/** Counts number words, and at least as many digits, at the end. */
function countTrailingNumbers(
  spokenWords: readonly string[],
  numbers: ReadonlySet<string>,
) {
  let wordCount = 0;
  let digits = 0;
  for (const word of spokenWords.toReversed()) {
    const figures = isFigures(word) ? word.replace(/\D/gu, '').length : 0;
    const segments = word.split('-');
    if (figures === 0 && !segments.every((part) => numbers.has(part))) break;
    wordCount += 1;
    digits += figures || 1;
  }
  return { words: wordCount, digits };
}

function isFigures(word: string) {
  // The second test leaves out years. A clock time does not match, as its digits stand around a
  // colon.
  return /^\p{N}+(?:[.,-]\p{N}+)*$/u.test(word) && !/^(19|20)\d\d$/.test(word);
}

/** Collects the number words of one kind from all languages. */
function listNumberWords(kind: keyof NumberWords) {
  return languages.flatMap(({ endOfTurn }) => endOfTurn?.numbers?.[kind] ?? []);
}

export type EndOfTurn = {
  /** Logit that the person has finished. 0 is undecided, and below -2 the sentence is open. */
  readonly completeLogit: number;
  /** Lower case without punctuation. Empty if no word was recognised. */
  readonly lastWord: string;
};

/**
 * Predicts whether a text is finished. Its words, by what was learnt, weigh more than the punctuation that a recogniser guessed.
 *
 * @example
 * import { predictEndOfTurn } from '#src/turn/endpointing/end-of-turn.ts';
 *
 * const open = predictEndOfTurn('what is the', 'en').completeLogit;
 * const whole = predictEndOfTurn('what is the time?', 'en').completeLogit;
 * [open < 0, whole > 1]; // [true, true]
 */
export function predictEndOfTurn(text: string, language?: string): EndOfTurn {
  const transcript = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('\u2019', "'")
    .trim();
  const spokenWords = splitWords(transcript);
  const lastWord = spokenWords.at(-1) ?? '';
  if (lastWord === '') return { completeLogit: 0, lastWord };
  const lexicon = guessLanguage(transcript, spokenWords, language);
  const logit = getWordsLogit(spokenWords, lexicon) + getPunctuationLogit(transcript);
  return { completeLogit: Math.max(-4, Math.min(4, logit)), lastWord };
}

function splitWords(transcript: string): string[] {
  // An apostrophe, hyphen or point inside belongs to the word.
  return transcript.match(/[\p{L}\p{M}\p{N}]+(?:['.,:-][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

function getWordsLogit(spokenWords: readonly string[], lexicon: Lexicon) {
  const lastWord = spokenWords.at(-1) ?? '';
  if (lexicon.fillers.has(lastWord)) return -3;
  const dictationLogit = getDictationLogit(spokenWords, lexicon.numbers);
  if (dictationLogit < 0) return dictationLogit;
  if (isStretchedWord(lastWord)) return -1.5;
  const learntLogit = wordEndings.getLogit(spokenWords, lexicon.code);
  if (lexicon.code !== 'en') return learntLogit;
  const { grammar, learnt } = englishWeights;
  return grammar * predictEnglishEnd(spokenWords) + learnt * learntLogit;
}

/** Recognises "sooo": the speaker looks for the next word. */
function isStretchedWord(word: string) {
  return /([\p{L}])\1\1$/u.test(word);
}

function getPunctuationLogit(transcript: string): number {
  if (/((?<!\.)\.{2,}|\u2026)["'\u201d\u00bb)\]]*$/u.test(transcript)) return -2;
  if (/[-\u2013\u2014~]$/u.test(transcript)) return -1.6;
  if (/[,\u3001\uff0c\u060c:;\uff1a\uff1b]$/u.test(transcript)) return -1.4;
  if (hasOpenQuote(transcript)) return -1;
  if (/[?\uff1f\u061f;]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(transcript)) return 1.4;
  if (/[!\uff01]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(transcript)) return 0.8;
  // A full stop weighs little, as recognisers put one at any pause.
  if (
    /[.\u3002\uff61\u0964\u061b\u06d4]["'\u201d\u00bb)\]\u300d\u300f]*$/u.test(
      transcript,
    )
  )
    return 0.5;
  return /[\p{L}\p{N}][.?!,]\s+\p{L}/u.test(transcript) ? -0.4 : 0;
}

function hasOpenQuote(transcript: string) {
  const countMarks = (marks: RegExp) => transcript.match(marks)?.length ?? 0;
  return (
    countMarks(/[([{\u00ab\u201c\u300c\u300e\uff08]/gu) >
      countMarks(/[)\]}\u00bb\u201d\u300d\u300f\uff09]/gu) || countMarks(/"/g) % 2 === 1
  );
}

const keptPauses = 10;
const minPausesToTrust = 3;
const minTrustedShare = 0.8;

/**
 * Decides whether the text of a streaming recogniser in a pause is final.
 *
 * Some recognisers lag by a word or two, and an answer to their partials would be thrown away. A recogniser known to
 * keep its words is trusted at once. One that takes a word back has to earn trust anew.
 */
export class PartialTrust {
  #right: readonly boolean[];

  constructor(isKnownStable: boolean) {
    this.#right = isKnownStable ? Array.from({ length: keptPauses }, () => true) : [];
  }

  /** Whether partials in the latest pauses were final often enough. */
  get isTrusted(): boolean {
    const right = this.#right.filter(Boolean).length;
    return (
      this.#right.length >= minPausesToTrust &&
      right >= minTrustedShare * this.#right.length
    );
  }

  /** Learns from a pause: the partial that came during it, and the final text. */
  compare(partial: string, final: string): void {
    const [partialText, finalText] = [toPlainWords(partial), toPlainWords(final)];
    const isKept = finalText === partialText || finalText.startsWith(`${partialText} `);
    this.#right = isKept
      ? [...this.#right, finalText === partialText].slice(-keptPauses)
      : [];
  }
}
