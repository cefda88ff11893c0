/** Part of the words that has to be understood: the small recogniser guesses badly now and then. */
export const neededWords = 0.5;

/** Lower-case words without punctuation: `It's 5.` is `its`, `5`. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/['\u2019]/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The part of `expected`'s words that `heard` holds in the same order, 0 to 1 (longest common subsequence). */
export function wordsInOrder(expected: string, heard: string): number {
  const [wanted, got] = [wordsOf(expected), wordsOf(heard)];
  if (wanted.length === 0) return 0;
  let best = new Array<number>(got.length + 1).fill(0);
  for (const word of wanted) {
    const next = [0];
    for (const [at, other] of got.entries()) {
      const [diagonal = 0, above = 0, left = 0] = [best[at], best[at + 1], next[at]];
      next.push(word === other ? diagonal + 1 : Math.max(above, left));
    }
    best = next;
  }
  return (best.at(-1) ?? 0) / wanted.length;
}
