import type { TranscriptWord } from '#src/captions/transcript-line.ts';

type Anchor = { readonly char: number; readonly ms: number };

/**
 * Time at which each character of a text is said, in whole ms from `fromMs` to `toMs`, never backwards: by the words where
 * they are found in the text in their order, in even steps between them and where there are none.
 */
export function wordTimes(
  text: string,
  words: readonly TranscriptWord[],
  fromMs: number,
  toMs: number,
): (char: number) => number {
  const anchors: Anchor[] = [{ char: 0, ms: fromMs }];
  const add = (char: number, ms: number): void => {
    const last = anchors.at(-1);
    if (last && char >= last.char) anchors.push({ char, ms: Math.max(ms, last.ms) });
  };
  const searched = text.toLowerCase();
  // Letters that change their number with their case would shift everything behind them.
  const known = searched.length === text.length ? words : [];
  let at = 0;
  for (const { text: word, startMs, endMs } of known) {
    const sought = word.trim().toLowerCase();
    const found = sought === '' ? -1 : searched.indexOf(sought, at);
    // A word that only comes much later is another one.
    if (found < 0 || found - at > farthestChars) continue;
    add(found, startMs);
    at = found + sought.length;
    // Punctuation belongs to the word before it.
    while (/[^\p{L}\p{N}\s]/u.test(text.charAt(at))) at++;
    add(at, endMs);
  }
  add(text.length, toMs);
  return (char) => timeAt(anchors, char);
}

/** Farthest that the next word is looked for, in characters. */
const farthestChars = 40;

function timeAt(anchors: readonly Anchor[], char: number): number {
  const next = anchors.findIndex((anchor) => anchor.char >= char);
  const [before, after] = [anchors[next - 1], anchors[next]];
  if (!after) return anchors.at(-1)?.ms ?? 0;
  if (!before || after.char === char) return after.ms;
  const share = (char - before.char) / (after.char - before.char);
  return Math.round(before.ms + share * (after.ms - before.ms));
}
