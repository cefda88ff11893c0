import { normalised } from '#src/turn/addressing/names-sentences.ts';
import everywhere from '#src/turn/languages/everywhere.json' with { type: 'json' };

/** Token for any punctuation between two words. */
export const pause = ',';

/** Longest interruption, in letters. */
const mostLetters = 300;

/** Han, kana, Thai and Hangul letter by letter, for their words are written together or apart at will; runs of others. */
const tokens =
  /,|[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}]\p{M}*|(?:(?![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}])[\p{L}\p{N}\p{M}])+/gu;

/** Spellings that one recogniser chooses and another does not, made one. */
const folds: readonly (readonly [RegExp, string])[] = [
  [/['\u2019\u2018`\u00b4]/g, ''],
  [
    /[.,!?;:\u2026\u2014\u2013\u00a1\u00bf\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a\u061f\u061b\u060c\u0964\u0965\u00b7()"\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f\n]+/g,
    ' , ',
  ],
  [/[\u30fc\u3063\u301c~]/g, ''],
  [/\u03c2/g, '\u03c3'],
  [/\u0649/g, '\u064a'],
  [/\u06cc/g, '\u064a'],
  [/\u06a9/g, '\u0643'],
  [/[\u0629\u06c1\u06be\u06c0]/g, '\u0647'],
  [/\u0626/g, '\u064a'],
  [/\u0901/g, '\u0902'],
  [/[\u093c\u09bc]/g, ''],
  [/(\p{scx=Latin}|\p{scx=Cyrillic}|\p{scx=Greek}|\p{scx=Arabic}|\p{scx=Hebrew})\1{2,}/gu, '$1'],
];

/** Vietnamese "\u0111\u1eebng" (don't), "\u0111\u00fang" (right) and "d\u1eebng" (stop) must stay apart when marks go. */
const vietnamese: readonly (readonly [RegExp, string])[] = [
  [/\u0111\u1eebng/giu, 'dhuwng'],
  [/\u0111/giu, 'dh'],
];

/** Words of a text, normalised, punctuation between them as `pause`; of a longer text only its first 300 characters. */
export function tokensOf(text: string): string[] {
  const isWhole = text.length <= mostLetters;
  const said = isWhole ? text : text.slice(0, mostLetters).replace(/\S{1,40}$/u, '');
  const found = tokensIn(said);
  const from = found.findIndex((token) => token !== pause);
  return from < 0 ? [] : found.slice(from, found.findLastIndex((token) => token !== pause) + 1);
}

/** Tokens of word data, however long. */
export function tokensIn(text: string): string[] {
  return folded(text).match(tokens) ?? [];
}

/** Between texts that are folded as one: no pattern here matches it, and within a text it is no more than a space. */
const between = '\uE000';

/** Tokens of each of these texts, which are folded as one: faster for the thousands of word data. */
export function tokensOfEach(texts: readonly string[]): string[][] {
  if (texts.length === 0) return [];
  const joined = texts.map((text) => text.replaceAll(between, ' ')).join(between);
  return folded(joined)
    .split(between)
    .map((text) => text.match(tokens) ?? []);
}

/** Normalised text, one form for spellings that recognisers choose between. */
function folded(text: string): string {
  const joined = replaced(text.normalize('NFC'), vietnamese).replace(/\u200c/g, ' ');
  const hiragana = normalised(joined).replace(/[\u30a1-\u30f6]/g, (kana) =>
    String.fromCharCode(kana.charCodeAt(0) - 0x60),
  );
  return replaced(hiragana, folds);
}

/** Only a note of the recogniser, say "[laughter]" or "(coughs)". */
export function isNote(text: string): boolean {
  return /^\s*(?:\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|\uff08[^\uff09]*\uff09|<[^>]*>)[\s.]*$/u.test(
    text.slice(0, mostLetters),
  );
}

const hums = everywhere.hums.map((source) => new RegExp(source, 'u'));

/** A sound of listening, thinking, laughing or coughing, as recognisers spell them. */
export function isHum(token: string): boolean {
  return hums.some((hum) => hum.test(token));
}

function replaced(text: string, pairs: readonly (readonly [RegExp, string])[]): string {
  return pairs.reduce((said, [from, to]) => said.replace(from, to), text);
}
