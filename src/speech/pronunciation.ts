/** A word or phrase, and the spelling that a voice reads in its place. */
export type Pronunciation = { readonly word: string; readonly say: string };

/** Respells a text for a voice. */
export type Pronounce = (text: string) => string;

/**
 * Creates a function that replaces whole words by their pronunciations, in any case. The longest of several words
 * counts. Undefined without pronunciations.
 *
 * @example
 * import { createPronouncer } from '#src/speech/pronunciation.ts';
 *
 * createPronouncer([{ word: 'SQL', say: 'sequel' }])?.('Is sql fun?'); // 'Is sequel fun?'
 */
export function createPronouncer(
  pronunciations: readonly Pronunciation[],
): Pronounce | undefined {
  const entries = pronunciations.map(({ word, say }) => ({
    tokens: splitTokens(word).map(foldToken),
    say,
  }));
  const says = new Map(entries.map(({ tokens, say }) => [tokens.join(''), say]));
  says.delete('');
  if (says.size === 0) return undefined;
  const maxTokens = Math.max(...entries.map(({ tokens }) => tokens.length));
  return (text) => {
    const tokens = splitTokens(text);
    const folded = tokens.map(foldToken);
    const spoken: string[] = [];
    for (let at = 0; at < tokens.length; ) {
      let length = maxTokens;
      while (length > 0 && !says.has(folded.slice(at, at + length).join(''))) length--;
      const say =
        length > 0 ? says.get(folded.slice(at, at + length).join('')) : tokens[at];
      spoken.push(say ?? '');
      at += Math.max(1, length);
    }
    return spoken.join('');
  };
}

function splitTokens(text: string) {
  const runs = text.match(/[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_]/gu) ?? [];
  // Scripts without spaces are split by a dictionary.
  return runs.flatMap((run) => (unspacedScripts.test(run) ? segmentWords(run) : [run]));
}

const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

function segmentWords(run: string) {
  const segments = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(run);
  return Array.from(segments, ({ segment }) => segment);
}

function foldToken(token: string) {
  return token.normalize('NFKC').toLowerCase().replace('\u2019', "'");
}
