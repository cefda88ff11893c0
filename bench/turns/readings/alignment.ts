import type { ClipWord } from '#bench/turns/clips.ts';

type Stretch = readonly [fromMs: number, toMs: number];

/** A word as it is written, with the mark after it. */
export type WrittenWord = { readonly text: string; readonly mark: string };

/** A silence between two stretches: after how much sound it comes, and how long it is. */
type Pause = { readonly afterMs: number; readonly lengthMs: number };

/** A closure inside a word lasts no longer, in ms. */
const longestClosureMs = 200;
const costs = { closure: 2.5, unmarked: 2.5, missedMark: 0.7, longMissedMark: 1.5 };

/** Words and their marks; an apostrophe or a hyphen inside belongs to the word. */
export function writtenWords(text: string): WrittenWord[] {
  const found = text.matchAll(
    /([\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*)['’"]*([.,:;?!]?)/gu,
  );
  return [...found].map(([, word = '', mark = '']) => ({ text: word.toLowerCase(), mark }));
}

/**
 * When each word of a reading was said: pauses fall between words, rather at marks, and sound lasts as there are letters.
 *
 * The cheapest assignment of pauses to gaps between words (dynamic programming); between two of them words are as long as
 * they have letters, and only where the pauses are is measured.
 */
export function aligned(words: readonly WrittenWord[], stretches: readonly Stretch[]): ClipWord[] {
  const pauses = pausesOf(stretches);
  const soundMs = stretches.reduce((sum, [from, to]) => sum + to - from, 0);
  const letters = [0];
  for (const { text } of words) letters.push((letters.at(-1) ?? 0) + text.length + 1);
  const msPerLetter = soundMs / (letters.at(-1) ?? 1);
  const expected = letters.map((count) => count * msPerLetter);
  const anchors = cheapest(words, expected, pauses, soundMs);
  return words.map(({ text }, n): ClipWord => {
    const at = (word: number) => soundingMs(word, expected, anchors);
    return [
      text,
      Math.round(instant(at(n), stretches, 'after')),
      Math.round(instant(at(n + 1), stretches, 'before')),
    ];
  });
}

type Anchor = { readonly word: number; readonly afterMs: number };
type Best = { readonly cost: number; readonly anchors: readonly Anchor[] };

function cheapest(
  words: readonly WrittenWord[],
  expected: readonly number[],
  pauses: readonly Pause[],
  soundMs: number,
): readonly Anchor[] {
  let best = new Map<number, Best>([[0, { cost: 0, anchors: [{ word: 0, afterMs: 0 }] }]]);
  for (const pause of pauses) {
    const next = new Map<number, Best>();
    const offer = (word: number, found: Best) => {
      if (found.cost < (next.get(word)?.cost ?? Number.POSITIVE_INFINITY)) next.set(word, found);
    };
    for (const [word, found] of best) {
      if (pause.lengthMs <= longestClosureMs) {
        offer(word, { ...found, cost: found.cost + costs.closure });
      }
      for (let to = word + 1; to < words.length; to++) {
        const cost = found.cost + stepCost(words, expected, found.anchors.at(-1), to, pause);
        offer(to, { cost, anchors: [...found.anchors, { word: to, afterMs: pause.afterMs }] });
      }
    }
    best = next;
  }
  const last = { afterMs: soundMs, lengthMs: 0 };
  const ended = [...best.values()].map(({ cost, anchors }) => ({
    cost: cost + stepCost(words, expected, anchors.at(-1), words.length, last),
    anchors: [...anchors, { word: words.length, afterMs: soundMs }],
  }));
  return ended.reduce((a, b) => (b.cost < a.cost ? b : a)).anchors;
}

/** Cost of assuming that the words from the last anchor up to `to` were said without a pause, with this one after them. */
function stepCost(
  words: readonly WrittenWord[],
  expected: readonly number[],
  from: Anchor | undefined,
  to: number,
  { afterMs, lengthMs }: Pause,
): number {
  const { word = 0, afterMs: sinceMs = 0 } = from ?? {};
  const tookMs = afterMs - sinceMs;
  const dueMs = (expected[to] ?? 0) - (expected[word] ?? 0);
  const off = (tookMs - dueMs) / (80 + 0.18 * dueMs);
  const passed = words.slice(word, to - 1);
  const missed = passed.reduce(
    (sum, { mark }) =>
      sum + (mark === '' ? 0 : mark === ',' ? costs.missedMark : costs.longMissedMark),
    0,
  );
  const unmarked = lengthMs > 0 && words[to - 1]?.mark === '' ? costs.unmarked : 0;
  return (off * off) / 2 + missed + unmarked * Math.min(1, lengthMs / 250);
}

function pausesOf(stretches: readonly Stretch[]): Pause[] {
  let afterMs = 0;
  return stretches.slice(1).map(([nextMs], n) => {
    const [fromMs, toMs] = stretches[n] ?? [0, 0];
    afterMs += toMs - fromMs;
    return { afterMs, lengthMs: nextMs - toMs };
  });
}

/** After how much sound a word begins, straight between the anchors beside it. */
function soundingMs(word: number, expected: readonly number[], anchors: readonly Anchor[]): number {
  const next = anchors.find((anchor) => anchor.word >= word);
  const last = anchors.findLast((anchor) => anchor.word <= word);
  if (!next || !last || next === last) return (next ?? last)?.afterMs ?? 0;
  const [from, to] = [expected[last.word] ?? 0, expected[next.word] ?? 0];
  const share = ((expected[word] ?? 0) - from) / (to - from);
  return last.afterMs + share * (next.afterMs - last.afterMs);
}

/** The instant after so much sound; at a pause, where it begins or where it ends. */
function instant(soundMs: number, stretches: readonly Stretch[], side: 'before' | 'after'): number {
  let left = soundMs;
  for (const [fromMs, toMs] of stretches) {
    const length = toMs - fromMs;
    if (left < length - 1e-6 || (side === 'before' && left <= length + 1e-6)) return fromMs + left;
    left -= length;
  }
  return stretches.at(-1)?.[1] ?? 0;
}
