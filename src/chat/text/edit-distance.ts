/** How many characters must be added, taken away or changed to make `from` into `to` (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place);
  for (const [above, character] of [...from].entries()) {
    const next = [above + 1];
    for (let place = 1; place <= to.length; place++) {
      const same = character === to[place - 1] ? 0 : 1;
      const [left = 0, up = 0, corner = 0] = [next[place - 1], row[place], row[place - 1]];
      next.push(Math.min(left + 1, up + 1, corner + same));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
