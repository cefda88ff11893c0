/** How well a text was read: its words, and how many of them were changed, left out or added. */
export type Reading = { readonly words: number; readonly wrongWords: number };

/** Scripts without spaces between words count by character. */
const wordsIn =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[\p{L}\p{M}\p{N}]+/gu;
/** More is compared by its length alone. */
const mostWords = 2000;

/** Compares what was to be read with what was said; case, marks and spaces are a matter of taste. */
export function compareReading(wanted: string, said: string): Reading {
  const [asked, spoken] = [wordsOf(wanted), wordsOf(said)];
  const words = asked.length;
  if (Math.max(words, spoken.length) > mostWords) {
    return { words, wrongWords: Math.abs(words - spoken.length) };
  }
  return { words, wrongWords: distance(asked, spoken) };
}

function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase().replace(/['’]/g, '');
  return plain.match(wordsIn) ?? [];
}

/** Levenshtein's, over words. */
function distance(from: readonly string[], to: readonly string[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place);
  for (const [above, word] of from.entries()) {
    const next = [above + 1];
    for (const [place, other] of to.entries()) {
      const [left = 0, up = 0, corner = 0] = [next[place], row[place + 1], row[place]];
      next.push(Math.min(left + 1, up + 1, corner + (word === other ? 0 : 1)));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
