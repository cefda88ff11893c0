import { languages } from '#src/turn/languages/languages.ts';

/** Gap between a word and the one before it: a space, none within a written-together word (`super-nova`), a pause. */
type Gap = 'start' | 'space' | 'within' | 'pause';

export type SentenceWord = {
  /** Normalised, without apostrophes. */
  readonly text: string;
  /** Parts around apostrophes, say `nova` and `s`; one part for most words. */
  readonly parts: readonly string[];
  readonly before: Gap;
  /** A quotation mark stands right before or after it. */
  readonly quoted: boolean;
};

export type Sentence = { readonly words: readonly SentenceWord[]; readonly asks: boolean };

const headLength = 800;
const tailLength = 400;

/** Marks that only colour a letter: Latin accents, stacked marks, Hebrew points, Arabic vowel signs and tatweel. */
const marks =
  /\p{Cf}|[\u0300-\u036f]|[\u0591-\u05c7]|[\u0610-\u061a]|\u0640|[\u064b-\u065f]|\u0670|[\u1ab0-\u1aff]|[\u1dc0-\u1dff]|[\u20d0-\u20ff]|[\ufe00-\ufe0f]|[\ufe20-\ufe2f]/gu;
const letters: Readonly<Record<string, string>> = {
  \u00df: 'ss',
  \u0131: 'i',
  \u00f8: 'o',
  \u0142: 'l',
  \u0111: 'd',
  \u00f0: 'd',
  \u00e6: 'ae',
  \u0153: 'oe',
  \u00fe: 'th',
};
const word = /[\p{L}\p{N}\p{M}]+(?:['\u2019][\p{L}\p{N}\p{M}]+)*/gu;
const apostrophe = /['\u2019]/;
const quotes =
  /["\u201c\u201d\u201e\u201f\u00ab\u00bb\u300c\u300d\u300e\u300f\u301d\u301e\u2018\u2019']/;
const ends = /[?!\u061f\u3002\u0964;]|\.[\s"\u201c\u201d\u00bb'\u2019]|\n/;
const questions = /[?\u061f]/;
const pauses = /[,\u3001\u060c:\u2026()\u00bf\u00a1\u2013\u2014]|\.\.|\s-+\s/;
const titles = new Set(languages.flatMap(({ addressing }) => addressing?.titles ?? []));
const dense =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const segmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** Lower case, one form for letters that look alike, no accents; signs stay. */
export function normalised(text: string): string {
  const plain = text.normalize('NFKD').toLowerCase().replace(marks, '').normalize('NFC');
  return plain.replace(
    /[\u00df\u0131\u00f8\u0142\u0111\u00f0\u00e6\u0153\u00fe]/g,
    (letter) => letters[letter] ?? letter,
  );
}

/** Written without spaces, say Japanese or Thai. */
export function isDense(text: string): boolean {
  return dense.test(text);
}

/**
 * Sentences of an utterance, as normalised words.
 *
 * Of more than 1,200 characters only the first 800 and the last 400 are read, and no sentence ends or starts at the cut.
 */
export function sentencesOf(text: string): Sentence[] {
  const plain = shortened(text.trim());
  const bare = plain.replace(/^["\u201c\u201e\u00ab](.*)["\u201d\u201c\u00bb]$/su, '$1');
  const sentences: Sentence[] = [];
  let words: SentenceWord[] = [];
  let toIndex = 0;
  const close = (gap: string) => {
    if (words.length > 0) sentences.push({ words, asks: questions.test(gap) });
    words = [];
  };
  for (const found of bare.matchAll(word)) {
    const gap = bare.slice(toIndex, found.index);
    const ended = ends.test(gap) && !(gap.startsWith('. ') && titles.has(words.at(-1)?.text ?? ''));
    if (ended) close(gap);
    const next = bare[found.index + found[0].length] ?? '';
    const quoted = quotes.test(gap.at(-1) ?? '') || quotes.test(next);
    addWords(words, found[0], gap, quoted);
    toIndex = found.index + found[0].length;
  }
  close(bare.slice(toIndex));
  return sentences;
}

function shortened(text: string): string {
  if (text.length <= headLength + tailLength)
    return normalised(text).slice(0, headLength + tailLength);
  const head = normalised(text.slice(0, headLength)).slice(0, headLength);
  return `${head} x ${normalised(text.slice(-tailLength)).slice(-tailLength)}`;
}

function addWords(words: SentenceWord[], run: string, gap: string, quoted: boolean): void {
  const before = words.length === 0 ? 'start' : gapOf(gap);
  if (!isDense(run)) {
    const parts = run.split(apostrophe);
    words.push({ text: parts.join(''), parts, before, quoted });
    return;
  }
  const pieces = [...segmenter.segment(run)].map(({ segment }) => segment);
  for (const [at, text] of pieces.entries()) {
    const isEdge = at === 0 || at === pieces.length - 1;
    const place = at === 0 ? before : 'space';
    words.push({ text, parts: [text], before: place, quoted: quoted && isEdge });
  }
}

function gapOf(gap: string): Gap {
  if (pauses.test(gap)) return 'pause';
  return /\s/.test(gap) || gap === '' ? 'space' : 'within';
}
