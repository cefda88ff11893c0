import type { Levels } from './levels.ts';

/** Start of a word in a sentence, as its provider reports it. */
export type WordMark = {
  /** Place of its first character in the text. */
  readonly at: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/** A sentence and the known facts about its sound. */
export type Sounding = {
  readonly text: string;
  /** Length of the sound so far. */
  readonly soundMs: number;
  /** False while more sound of it may come. */
  readonly whole: boolean;
  /** Without them the words lie evenly over the sound, pauses included. */
  readonly levels?: Levels;
  /** Known times of words; with them nothing is estimated. */
  readonly marks?: readonly WordMark[];
};

/** A word: its characters in the text, and when it sounds within the sentence. */
export type WordTime = {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
};

type WeightedWord = { readonly from: number; readonly to: number; readonly weight: number };

/** Ordinary pace, about 15 characters a second: for a sentence whose sound is still incomplete. */
const characterMs = 65;

const segments = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Times of each word of a sentence: by its marks, else by its share of the text; also without spaces. */
export function wordTimes(sentence: Sounding): WordTime[] {
  const words = wordsOf(sentence.text);
  if (sentence.marks?.length) return marked(words, sentence.marks);
  const all = words.reduce((sum, { weight }) => sum + weight, 0);
  const place = clockOf(sentence);
  let before = 0;
  return words.map(({ from, to, weight }) => {
    const fromMs = place(before / all, 'after');
    before += weight;
    return { from, to, fromMs, toMs: Math.max(fromMs, place(before / all, 'before')) };
  });
}

/** A word weighs its letters and the space behind it: short words are not as short as they look. */
function wordsOf(text: string): WeightedWord[] {
  const parts = [...segments.segment(text)];
  return parts.flatMap(({ index, segment, isWordLike }, n) => {
    if (!isWordLike) return [];
    const next = parts[n + 1];
    const weight = segment.length + (next && !next.isWordLike ? 1 : 0);
    return [{ from: index, to: index + segment.length, weight }];
  });
}

/** Maps a share of the words to its instant in the sound. */
function clockOf({ text, soundMs, whole, levels }: Sounding) {
  const lengthMs = whole ? soundMs : Math.max(soundMs, text.length * characterMs);
  const soundingMs = levels?.soundingMs(soundMs) ?? 0;
  if (!levels || soundingMs === 0) return (share: number) => share * lengthMs;
  const allMs = soundingMs * (lengthMs / soundMs);
  return (share: number, side: 'before' | 'after') => levels.placeOf(share * allMs, side);
}

/** A word without a mark of its own belongs to the one before it, as the second half of a contraction does. */
function marked(words: readonly WeightedWord[], marks: readonly WordMark[]): WordTime[] {
  return words.flatMap(({ from, to }) => {
    const mark = marks.findLast(({ at }) => at <= from);
    return mark ? [{ from, to, fromMs: mark.fromMs, toMs: mark.toMs }] : [];
  });
}
