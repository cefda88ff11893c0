import { normalised } from '#src/turn/addressing/names-sentences.ts';
import { everywhere } from '#src/turn/languages/everywhere.ts';

/** Stands for any punctuation between two words. */
export const pause = ',';

/** Nobody interrupts at greater length. */
const mostLetters = 300;

/** Han, kana, Thai and Hangul letter by letter, for their words are written together or apart at will; runs of others. */
const tokens =
  /,|[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}]\p{M}*|(?:(?![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Hangul}])[\p{L}\p{N}\p{M}])+/gu;

/** Spellings that one recogniser chooses and another does not, made one. */
const folds: readonly (readonly [RegExp, string])[] = [
  [/['’‘`´]/g, ''],
  [/[.,!?;:…—–¡¿、。，！？；：؟؛،।॥·()"“”„«»「」『』\n]+/g, ' , '],
  [/[ーっ〜~]/g, ''],
  [/ς/g, 'σ'],
  [/ى/g, 'ي'],
  [/ی/g, 'ي'],
  [/ک/g, 'ك'],
  [/[ةہھۀ]/g, 'ه'],
  [/ئ/g, 'ي'],
  [/ँ/g, 'ं'],
  [/[\u093c\u09bc]/g, ''],
  [/(\p{scx=Latin}|\p{scx=Cyrillic}|\p{scx=Greek}|\p{scx=Arabic}|\p{scx=Hebrew})\1{2,}/gu, '$1'],
];

/** Vietnamese "đừng" (don't), "đúng" (right) and "dừng" (stop) must stay apart when marks go. */
const vietnamese: readonly (readonly [RegExp, string])[] = [
  [/đừng/giu, 'dhuwng'],
  [/đ/giu, 'dh'],
];

/** The words of a text, normalised, punctuation between them as `pause`; of a longer text only what fits 300 characters. */
export function tokensOf(text: string): string[] {
  const isWhole = text.length <= mostLetters;
  const said = isWhole ? text : text.slice(0, mostLetters).replace(/\S{1,40}$/u, '');
  const found = tokensIn(said);
  const from = found.findIndex((token) => token !== pause);
  return from < 0 ? [] : found.slice(from, found.findLastIndex((token) => token !== pause) + 1);
}

/** Tokens of word data, however long. */
export function tokensIn(text: string): string[] {
  const joined = replaced(text.normalize('NFC'), vietnamese).replace(/\u200c/g, ' ');
  const hiragana = normalised(joined).replace(/[ァ-ヶ]/g, (kana) =>
    String.fromCharCode(kana.charCodeAt(0) - 0x60),
  );
  const folded = replaced(hiragana, folds);
  return folded.match(tokens) ?? [];
}

/** Only a note of the recogniser, say "[laughter]" or "(coughs)". */
export function isNote(text: string): boolean {
  return /^\s*(?:\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|（[^）]*）|<[^>]*>)[\s.]*$/u.test(
    text.slice(0, mostLetters),
  );
}

/** A sound of listening, thinking, laughing or coughing. */
export function isHum(token: string): boolean {
  return everywhere.hums.some((hum) => hum.test(token));
}

function replaced(text: string, pairs: readonly (readonly [RegExp, string])[]): string {
  return pairs.reduce((said, [from, to]) => said.replace(from, to), text);
}
