import { isDense } from './addressing/names-sentences.ts';
import { languages } from './languages/languages.ts';

/** Longest utterance, in characters, that is a correction. */
const mostChars = 400;

/** Words of a text, and the numbers of those that come after punctuation; where each is in the text. */
type Words = {
  readonly words: readonly { readonly text: string; readonly from: number; readonly to: number }[];
  readonly pauses: ReadonlySet<number>;
};

/** A phrase around the corrected words. */
type CorrectionPattern = {
  readonly before: Words;
  readonly after: Words;
  /** Following words are written to the last word of the correction. */
  readonly isAttached: boolean;
};

/** A correction of what was understood: "no, I said Lima". `words` are the corrected ones, as they were said. */
export type Correction = { readonly words: string };

/** Correction in an utterance that is nothing else, but for one of `names`, the bot's names, before it. */
export function correctionIn(
  utterance: string,
  names: readonly string[] = [],
): Correction | undefined {
  const text = utterance.normalize('NFC');
  if (text.length > mostChars) return undefined;
  const all = wordsOf(text);
  for (const from of startsOf(all, names)) {
    for (const pattern of patterns()) {
      const words = between(text, all, from, pattern);
      if (words !== undefined) return { words };
    }
  }
  return undefined;
}

/** Whether the corrected words are a question of their own, and not a part of the former one. */
export function standsAlone(corrected: string, former: string): boolean {
  return corrected.length * 2 >= former.length;
}

/** Where the phrase may begin: at the first word, after a name, and after a first word that is said twice. */
function startsOf({ words }: Words, names: readonly string[]): readonly number[] {
  const named = names
    .map((name) => wordsOf(name.normalize('NFC')).words.map(({ text }) => text))
    .filter((name) => name.length > 0 && name.every((one, n) => one === words[n]?.text))
    .map((name) => name.length);
  return [0, ...named].flatMap((from) => {
    const repeated = words.findIndex(({ text }, n) => n >= from && text !== words[from]?.text);
    return repeated - 1 > from ? [from, repeated - 1] : [from];
  });
}

/** The words between the two parts of a phrase that begins with word number `from`. */
function between(
  text: string,
  all: Words,
  from: number,
  { before, after, isAttached }: CorrectionPattern,
): string | undefined {
  const { words } = all;
  const last = words.at(-1);
  const first = words[from];
  if (!first || !last) return undefined;
  if (isDense(before.words[0]?.text ?? ''))
    return betweenDense(text.slice(first.from, last.to), before, after);
  const toWord = words.length - after.words.length;
  const fromWord = from + before.words.length;
  if (fromWord > toWord || !standsAt(all, from, before)) return undefined;
  if (isAttached) return betweenAttached(text, all, [fromWord, toWord], after);
  if (fromWord === toWord || !standsAt(all, toWord, after)) return undefined;
  return text.slice(words[fromWord]?.from, words[toWord - 1]?.to);
}

/** Same as `between`, where the second part is written to the last of the words. */
function betweenAttached(
  text: string,
  all: Words,
  [fromWord, toWord]: readonly [number, number],
  after: Words,
): string | undefined {
  const [particle = { text: '' }, ...words] = after.words;
  const joint = all.words[toWord];
  const isThere = joint && joint.text !== particle.text && joint.text.endsWith(particle.text);
  if (!isThere || !standsAt(all, toWord + 1, { words, pauses: after.pauses })) return undefined;
  return text.slice(all.words[fromWord]?.from, joint.to - particle.text.length);
}

function standsAt(all: Words, at: number, phrase: Words): boolean {
  const isSaid = phrase.words.every(({ text }, n) => text === all.words[at + n]?.text);
  return isSaid && [...phrase.pauses].every((n) => all.pauses.has(at + n));
}

/** Same as `between`, where words are not apart. */
function betweenDense(text: string, before: Words, after: Words): string | undefined {
  const plain = text.replace(/[\s\p{P}]+/gu, '');
  const [start, end] = [before, after].map(({ words }) => words.map((one) => one.text).join(''));
  if (start === undefined || end === undefined) return undefined;
  if (!plain.startsWith(start) || !plain.endsWith(end)) return undefined;
  const words = plain.slice(start.length, plain.length - end.length);
  return plain.length > start.length + end.length ? words : undefined;
}

let known: readonly CorrectionPattern[] | undefined;

/** Made when they are first needed; the longest first. */
function patterns(): readonly CorrectionPattern[] {
  known ??= languages
    .flatMap(({ corrections }) => corrections?.phrases ?? [])
    .map((phrase) => {
      const [before = '', after = ''] = phrase.split('{}');
      return { before: wordsOf(before), after: wordsOf(after), isAttached: /^\p{L}/u.test(after) };
    })
    .toSorted((one, other) => lengthOf(other) - lengthOf(one));
  return known;
}

function lengthOf({ before, after }: CorrectionPattern): number {
  return [...before.words, ...after.words].reduce((sum, { text }) => sum + text.length, 0);
}

/** Lower case, without apostrophes. */
function wordsOf(text: string): Words {
  const words: { text: string; from: number; to: number }[] = [];
  const pauses = new Set<number>();
  let to = 0;
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{M}\p{N}'\u2019]+/gu)) {
    if (/\p{P}/u.test(text.slice(to, index))) pauses.add(words.length);
    to = index + word.length;
    words.push({ text: word.toLowerCase().replace(/['\u2019]/g, ''), from: index, to });
  }
  if (/\p{P}/u.test(text.slice(to))) pauses.add(words.length);
  return { words, pauses };
}
