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
  let row = Array.from({ length: target.length + 1 }, (_, index) => index);
  for (const [rowIndex, sourcePart] of [...from].entries()) {
    const next = [rowIndex + 1];
    for (const [index, targetPart] of target.entries()) {
      const [left = 0, up = 0, corner = 0] = [next[index], row[index + 1], row[index]];
      next.push(
        Math.min(left + 1, up + 1, corner + (sourcePart === targetPart ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[target.length] ?? 0;
}
