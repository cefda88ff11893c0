import { measureEditDistance } from '#src/base/edit-distance.ts';

/** All names that fit what was typed: first those that begin with it, then those that contain its letters in order. */
export function findClosestNames(typed: string, all: readonly string[]): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const words = all.map((one) => ({ one, word: one.toLowerCase() }));
  const prefixed = words.filter(({ word }) => word.startsWith(wanted));
  const others = words.filter(({ word }) => !word.startsWith(wanted) && hasAllWords(word, wanted));
  return [...prefixed, ...others].map(({ one }) => one);
}

/** At most three of all names, those first that differ least from what was typed. */
export function sortByDistance(typed: string, all: readonly string[]): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const measured = all.map((one) => ({
    one,
    edits: measureEditDistance(wanted, one.toLowerCase()),
  }));
  const sorted = measured.toSorted((a, b) => a.edits - b.edits);
  return sorted.slice(0, maxNearest).map(({ one }) => one);
}

const maxNearest = 3;

function hasAllWords(word: string, wanted: string) {
  let from = 0;
  for (const letter of wanted) {
    const at = word.indexOf(letter, from);
    if (at < 0) return false;
    from = at + letter.length;
  }
  return true;
}
