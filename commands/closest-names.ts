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
  names: readonly string[],
): readonly string[] {
  const query = typed.trim().toLowerCase();
  const findPosition = (name: string) => name.toLowerCase().indexOf(query);
  const matches = names.filter((name) => findPosition(name) >= 0);
  return matches.toSorted((a, b) => findPosition(a) - findPosition(b));
}

/** Lists the three names that take the fewest edits from the typed text. */
export function findNearestNames(
  typed: string,
  names: readonly string[],
): readonly string[] {
  const query = typed.trim().toLowerCase();
  const measured = names.map((name) => ({
    name,
    edits: measureEditDistance(query, name.toLowerCase()),
  }));
  const sorted = measured.toSorted((a, b) => a.edits - b.edits);
  return sorted.slice(0, maxNearest).map(({ name }) => name);
}

const maxNearest = 3;
