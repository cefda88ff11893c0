/** Returns the values in a random order. `random` gives numbers of 0 to 1, evenly. */
export function shuffleValues<T>(random: () => number, values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
