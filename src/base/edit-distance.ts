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
  const wanted = [...to];
  let row = Array.from({ length: wanted.length + 1 }, (_, place) => place);
  for (const [above, part] of [...from].entries()) {
    const next = [above + 1];
    for (const [place, other] of wanted.entries()) {
      const [left = 0, up = 0, corner = 0] = [next[place], row[place + 1], row[place]];
      next.push(Math.min(left + 1, up + 1, corner + (part === other ? 0 : 1)));
    }
    row = next;
  }
  return row[wanted.length] ?? 0;
}
