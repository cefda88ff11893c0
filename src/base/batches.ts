type BatchLimits = { readonly items?: number; readonly size: number };

/**
 * Splits items into as few batches as the limits allow and keeps their order.
 *
 * An item larger than a batch becomes a batch of its own.
 *
 * @example
 * import { inBatches } from '#src/base/batches.ts';
 *
 * const sounds = [3, 4, 2, 9];
 * inBatches(sounds, (seconds) => seconds, { size: 8 }); // [[3, 4], [2], [9]]
 */
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
