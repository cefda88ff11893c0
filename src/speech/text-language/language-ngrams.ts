import { toBaseLanguage } from '#src/speech/hints.ts';

export type DetectedLanguage = {
  readonly language: string;
  readonly probability: number;
};

export type LanguageNgrams = {
  readonly detect: (
    text: string,
    among: readonly string[],
  ) => DetectedLanguage | undefined;
};

/** The file stores scores less this number, as the package eld does. */
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
/** Japanese mixes kana and Han. */
const minScriptShare = 0.3;

/** Reads a file of `scripts/make-language-ngrams.mjs`. Throws a plain Error for any other. */
export function parseLanguageNgrams(file: string): LanguageNgrams {
  const [head = '', ...lines] = file.trimEnd().split('\n');
  const codes = head.split(' ');
  const places = new Map<string, number>();
  const scores: number[] = [];
  for (const line of lines) {
    const [ngram, encoded] = line.split('\t');
    if (ngram === undefined || encoded === undefined)
      throw new Error('a damaged file of n-grams');
    places.set(ngram, scores.length);
    for (const [, letter = '', score = ''] of encoded.matchAll(/([A-Z])([0-9a-z]+)/g))
      scores.push(letter.charCodeAt(0) - 64, Number.parseInt(score, 36));
    scores.push(0);
  }
  const packed = Uint8Array.from(scores);
  return {
    detect: (text, among) =>
      detectByScript(text, among) ??
      chooseBest(scoreLanguages(text, places, packed), codes, among),
  };
}

function detectByScript(text: string, among: readonly string[]) {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  for (const [language, script] of ownScripts) {
    if (!isAllowedLanguage(language, among)) continue;
    const own = text.match(script)?.length ?? 0;
    if (letters > 0 && own / letters >= minScriptShare)
      return { language, probability: 1 };
  }
  return undefined;
}

/** An empty `among` allows all. */
function isAllowedLanguage(language: string, among: readonly string[]) {
  return among.length === 0 || among.some((tag) => toBaseLanguage(tag) === language);
}

/** Scores languages, in the order of the file. */
function scoreLanguages(
  text: string,
  places: ReadonlyMap<string, number>,
  packed: Uint8Array,
) {
  const sums: number[] = [];
  for (const ngram of listNgrams(text)) {
    const place = places.get(ngram);
    if (place === undefined) continue;
    for (let at = place; packed[at]; at += 2) {
      const language = (packed[at] ?? 0) - 1;
      sums[language] = (sums[language] ?? 0) + (packed[at + 1] ?? 0) + minScore;
    }
  }
  return sums;
}

function listNgrams(text: string) {
  const found = new Set<string>();
  let length = 0;
  for (const separated of text.slice(0, 1_000).toLowerCase().split(separators)) {
    const word = trimApostrophes(separated);
    if (word === '') continue;
    if (length > maxTextBytes) break;
    const bytes = Buffer.from(word, 'utf8').toString('latin1').slice(0, maxWordBytes);
    length += bytes.length + 1;
    for (const ngram of listWordNgrams(bytes)) found.add(ngram);
  }
  return found;
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
  const all = codes
    .map((code, n) => ({ language: code === 'no' ? 'nb' : code, sum: sums[n] ?? 0 }))
    .filter(({ language }) => isAllowedLanguage(language, among))
    .toSorted((one, other) => other.sum - one.sum);
  const [first, second] = all;
  if (!first || first.sum === 0) return undefined;
  const [one, other] = [first.sum, second?.sum ?? 0].map(
    (sum) => (sum / first.sum) ** probabilitySteepness,
  );
  const probability = (one ?? 0) / ((one ?? 0) + (other ?? 0));
  return { language: first.language, probability };
}
