/** Largest batch: items, and the sum of their sizes. */
type BatchLimits = { readonly items?: number; readonly size: number };

/** Items in their order, in as few batches as their sizes allow; one that is larger than a batch is one by itself. */
export function inBatches<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  { items: mostItems = Number.POSITIVE_INFINITY, size: mostSize }: BatchLimits,
): readonly (readonly [Item, ...Item[]])[] {
  const batches: [Item, ...Item[]][] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    const last = batches.at(-1);
    size += own;
    if (last && last.length < mostItems && size <= mostSize) {
      last.push(item);
      continue;
    }
    batches.push([item]);
    size = own;
  }
  return batches;
}
