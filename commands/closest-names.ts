import { measureEditDistance } from '#src/base/edit-distance.ts';

/**
 * Lists names that hold the typed text, the earlier in the name the better.
 *
 * @example
 * import { findClosestNames } from '#commands/closest-names.ts';
 *
 * findClosestNames('ra', ['thunder', 'aurora', 'rain']); // ['rain', 'aurora']
 */
export function findClosestNames(
  typed: string,
  all: readonly string[],
): readonly string[] {
  const wanted = typed.trim().toLowerCase();
  const findPlace = (name: string) => name.toLowerCase().indexOf(wanted);
  const holding = all.filter((name) => findPlace(name) >= 0);
  return holding.toSorted((a, b) => findPlace(a) - findPlace(b));
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
