import type { Synthesizer } from './ports.ts';

/** A word, and the letters by which a voice says it. */
export type Pronunciation = { readonly word: string; readonly say: string };

/** Turns a text into the text a voice is given. */
export type Pronounce = (text: string) => string;

/**
 * Puts pronunciations in place of words: whole ones only, in any case, of several that begin at one place the longest.
 * Takes time in proportion to the text. Undefined where there are none.
 */
export function pronounceWith(all: readonly Pronunciation[]): Pronounce | undefined {
  const root = treeOf(all);
  if (root.next.size === 0) return undefined;
  return (text) => {
    const tokens = tokensOf(text);
    const known = tokens.map(folded);
    const spoken: string[] = [];
    for (let at = 0; at < tokens.length; ) {
      const found = longestAt(known, at, root);
      spoken.push(found?.say ?? tokens[at] ?? '');
      at = found?.end ?? at + 1;
    }
    return spoken.join('');
  };
}

/** The same voices, with the pronunciations in `SpeechVoice.pronounce`; shown text stays as it is. */
export function withPronunciation(synthesizer: Synthesizer): Synthesizer {
  const { oneVoice, wrapped } = synthesizer;
  return {
    synthesize: (text, { pronounce, ...voice }, signal) =>
      synthesizer.synthesize(pronounce?.(text) ?? text, voice, signal),
    oneVoice: oneVoice && (() => withPronunciation(oneVoice.call(synthesizer))),
    wrapped: (wrap) => withPronunciation(wrapped?.call(synthesizer, wrap) ?? wrap(synthesizer)),
  };
}

/** Words by their tokens; `say` where one ends. */
type WordTree = { readonly next: Map<string, WordTree>; say?: string };

function treeOf(all: readonly Pronunciation[]): WordTree {
  const root: WordTree = { next: new Map() };
  for (const { word, say } of all) {
    let node = root;
    for (const token of tokensOf(word).map(folded)) {
      const next = node.next.get(token) ?? { next: new Map() };
      node.next.set(token, next);
      node = next;
    }
    if (node !== root) node.say = say;
  }
  return root;
}

function longestAt(
  tokens: readonly string[],
  from: number,
  root: WordTree,
): { readonly say: string; readonly end: number } | undefined {
  let found: { readonly say: string; readonly end: number } | undefined;
  let node: WordTree | undefined = root;
  for (let at = from; at < tokens.length; at++) {
    node = node.next.get(tokens[at] ?? '');
    if (!node) break;
    if (node.say !== undefined) found = { say: node.say, end: at + 1 };
  }
  return found;
}

/** Runs of letters and digits, and all other characters one by one; scripts without spaces are split by a dictionary. */
function tokensOf(text: string): readonly string[] {
  const runs = text.match(/[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_]/gu) ?? [];
  return runs.flatMap((run) => (isWithoutSpaces(run) ? wordsOf(run) : [run]));
}

function isWithoutSpaces(run: string): boolean {
  return /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u.test(
    run,
  );
}

function wordsOf(run: string): readonly string[] {
  const segments = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(run);
  return Array.from(segments, ({ segment }) => segment);
}

function folded(token: string): string {
  return token.normalize('NFKC').toLowerCase().replace('\u2019', "'");
}
