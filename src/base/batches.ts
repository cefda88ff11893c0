type BatchLimits = { readonly maxItems?: number; readonly maxSize: number };

/**
 * Splits items into as few batches as the limits allow. A larger item becomes a batch of its own.
 *
 * @example
 * import { splitIntoBatches } from '#src/base/batches.ts';
 *
 * const sounds = [3, 4, 2, 9];
 * splitIntoBatches(sounds, (seconds) => seconds, { maxSize: 8 }); // [[3, 4], [2], [9]]
 */
export function splitIntoBatches<Item>(
  items: readonly Item[],
  measureItem: (item: Item) => number,
  { maxItems = Number.POSITIVE_INFINITY, maxSize }: BatchLimits,
): readonly (readonly [Item, ...Item[]])[] {
  const batches: [Item, ...Item[]][] = [];
  let size = 0;
  for (const item of items) {
    const itemSize = measureItem(item);
    const last = batches.at(-1);
    size += itemSize;
    if (last && last.length < maxItems && size <= maxSize) {
      last.push(item);
      continue;
    }
    batches.push([item]);
    size = itemSize;
  }
  return batches;
}
