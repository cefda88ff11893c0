/**
 * Counts the edits (Levenshtein) between two texts (characters) or two lists (words).
 * @example
 * import { measureEditDistance } from '#src/base/edit-distance.ts';
 *
 * measureEditDistance('kitten', 'sitting'); // 3
 */
export function measureEditDistance(
  from: Iterable<string>,
  to: Iterable<string>,
): number {
  const target = [...to];
  const row = Array.from({ length: target.length + 1 }, (_, index) => index);
  let rowIndex = 0;
  for (const sourcePart of from) {
    let corner = rowIndex++;
    let left = rowIndex;
    row[0] = left;
    for (let index = 0; index < target.length; index++) {
      const up = row[index + 1] ?? 0;
      const isEqual = sourcePart === target[index];
      left = Math.min(left + 1, up + 1, corner + (isEqual ? 0 : 1));
      row[index + 1] = left;
      corner = up;
    }
  }
  return row[target.length] ?? 0;
}
