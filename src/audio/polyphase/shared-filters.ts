import { changeOfRate } from './change-of-rate.ts';
import { plainFilter } from './plain-filter.ts';
import type { PolyphaseFilter } from './polyphase-filter.ts';
import { openSimdFilter } from './simd-filter.ts';

/** By their rates. Each is forgotten with the last stream that uses it: a table is only worth its memory while it is read. */
const filters = new Map<string, WeakRef<PolyphaseFilter>>();

/** The filter of all streams that are brought from one rate to another. Errors: as `changeOfRate`. */
export function sharedFilter(fromHz: number, toHz: number): PolyphaseFilter {
  const key = `${fromHz} ${toHz}`;
  const known = filters.get(key)?.deref();
  if (known) return known;
  for (const [other, filter] of filters) if (!filter.deref()) filters.delete(other);
  const change = changeOfRate(fromHz, toHz);
  const filter = openSimdFilter(change) ?? plainFilter(change);
  filters.set(key, new WeakRef(filter));
  return filter;
}
