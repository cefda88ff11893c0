import { measureEditDistance } from '#src/base/edit-distance.ts';

/**
 * Lists names that begin with the typed text, then names with its letters in order.
 *
 * @example
 * import { findClosestNames } from '#commands/closest-names.ts';
 *
 * findClosestNames('ra', ['thunder', 'rain', 'aurora']); // ['rain', 'aurora']
 */
export function findClosestNames(
  typed: string,
  all: readonly string[],
): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const words = all.map((one) => ({ one, word: one.toLowerCase() }));
  const prefixed = words.filter(({ word }) => word.startsWith(wanted));
  const others = words.filter(
    ({ word }) => !word.startsWith(wanted) && hasAllWords(word, wanted),
  );
  return [...prefixed, ...others].map(({ one }) => one);
}

export function sortByDistance(
  typed: string,
  all: readonly string[],
): readonly string[] {
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
