/** In an order of `random`, which gives 0 to 1 evenly. */
export function shuffleValues<T>(random: () => number, all: readonly T[]) {
  return all
    .map((one) => ({ one, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
