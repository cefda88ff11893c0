import { includesLanguage } from '#src/base/language/expected-language.ts';

export type DetectedLanguage = {
  /** Code without region: `pt` for `pt-BR`. */
  readonly language: string;
  /** 0.5 to 1, of the best language against the second. */
  readonly probability: number;
  /** The script alone shows the language, so that one word is enough. */
  readonly isOwnScript?: true;
};

/** Added to each score of the file, as in the package eld. */
const minScore = 53;
/** Longer texts and words are cut, in bytes. */
const [maxTextBytes, maxWordBytes] = [350, 70];
/** Everything but letters, and apostrophes before one, as in eld. */
const separators = /[^\p{L}'`\u2019]+/gu;
const apostrophes = "'`\u2019";
/** Steepness with which a score becomes a probability (`npm test -- test/speech/text-language`). */
const probabilitySteepness = 10;

const ownScripts: readonly (readonly [string, RegExp])[] = [
  ['ko', /\p{Script=Hangul}/gu],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['el', /\p{Script=Greek}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['th', /\p{Script=Thai}/gu],
];
/** Least share of letters in a language's own script. Low, since Japanese mixes kana and Han. */
const minScriptShare = 0.3;

/** Frequent pieces of words in 26 languages, with a score for each language. Detects the language of a text by them. */
export class LanguageNgrams {
  /** Codes of the languages in the order of the file. */
  readonly #codes: readonly string[];
  /** Index in `#scores` for each piece. */
  readonly #indexes: ReadonlyMap<string, number>;
  /** For each piece pairs of a language's number from 1 and its score, then 0. */
  readonly #scores: Uint8Array;

  private constructor(
    codes: readonly string[],
    indexes: ReadonlyMap<string, number>,
    scores: Uint8Array,
  ) {
    this.#codes = codes;
    this.#indexes = indexes;
    this.#scores = scores;
  }

  /** Parses the text of the file that `scripts/make-language-ngrams.mjs` writes. Throws a plain Error for any other text. */
  static parseText(text: string): LanguageNgrams {
    const [header = '', ...textLines] = text.trimEnd().split('\n');
    const indexes = new Map<string, number>();
    const scores: number[] = [];
    for (const textLine of textLines) {
      const [ngram, encoded] = textLine.split('\t');
      if (ngram === undefined || encoded === undefined)
        throw new Error('a damaged file of n-grams');
      indexes.set(ngram, scores.length);
      for (const [, letter = '', score = ''] of encoded.matchAll(/([A-Z])([0-9a-z]+)/g))
        scores.push(letter.charCodeAt(0) - 64, Number.parseInt(score, 36));
      scores.push(0);
    }
    return new LanguageNgrams(header.split(' '), indexes, Uint8Array.from(scores));
  }

  /**
   * Returns the most likely language, as a code without region: `pt` for `pt-BR`, `nb` for Norwegian. `among` are BCP 47
   * tags; empty allows all. Undefined if no piece of the text is known in these.
   */
  detectLanguage(text: string, among: readonly string[]): DetectedLanguage | undefined {
    return (
      detectByScript(text, among) ??
      chooseBest(this.#scoreLanguages(text), this.#codes, among)
    );
  }

  /** Scores languages, in the order of the file. */
  #scoreLanguages(text: string) {
    const scores = this.#scores;
    const sums: number[] = [];
    for (const ngram of listNgrams(text)) {
      const index = this.#indexes.get(ngram);
      if (index === undefined) continue;
      for (let at = index; scores[at]; at += 2) {
        const language = (scores[at] ?? 0) - 1;
        sums[language] = (sums[language] ?? 0) + (scores[at + 1] ?? 0) + minScore;
      }
    }
    return sums;
  }
}

function detectByScript(text: string, among: readonly string[]) {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [language, script] of ownScripts) {
    if (!isAllowedLanguage(language, among)) continue;
    const scriptLetters = text.match(script)?.length ?? 0;
    if (letters > 0 && scriptLetters / letters >= minScriptShare)
      return { language, probability: 1, isOwnScript: true };
  }
  return undefined;
}

/** An empty `among` allows all. */
function isAllowedLanguage(language: string, among: readonly string[]) {
  return among.length === 0 || includesLanguage(among, language);
}

function listNgrams(text: string) {
  const ngrams = new Set<string>();
  let length = 0;
  for (const separated of text.slice(0, 1_000).toLowerCase().split(separators)) {
    const word = trimApostrophes(separated);
    if (word === '') continue;
    if (length > maxTextBytes) break;
    const bytes = Buffer.from(word, 'utf8').toString('latin1').slice(0, maxWordBytes);
    length += bytes.length + 1;
    for (const ngram of listWordNgrams(bytes)) ngrams.add(ngram);
  }
  return ngrams;
}

function trimApostrophes(word: string) {
  let end = word.length;
  while (end > 0 && apostrophes.includes(word.charAt(end - 1))) end--;
  return word.slice(0, end);
}

/** Splits a word, between blanks, into pieces of 4 bytes, one every 3 bytes. */
function* listWordNgrams(bytes: string) {
  if (bytes === '') return;
  let at = 0;
  for (; at + 4 < bytes.length; at += 3)
    yield `${at === 0 ? ' ' : ''}${bytes.slice(at, at + 4)}`;
  const last = bytes.length === 3 ? 0 : Math.max(0, bytes.length - 4);
  yield `${at === 0 ? ' ' : ''}${bytes.slice(last)} `;
}

function chooseBest(
  sums: readonly number[],
  codes: readonly string[],
  among: readonly string[],
) {
  const ranking = codes
    .map((code, n) => ({ language: code === 'no' ? 'nb' : code, sum: sums[n] ?? 0 }))
    .filter(({ language }) => isAllowedLanguage(language, among))
    .toSorted((a, b) => b.sum - a.sum);
  const [best, second] = ranking;
  if (!best || best.sum === 0) return undefined;
  // The weight of the best language is 1.
  const secondWeight = ((second?.sum ?? 0) / best.sum) ** probabilitySteepness;
  return { language: best.language, probability: 1 / (1 + secondWeight) };
}
