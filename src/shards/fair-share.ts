/** How many shards a process has, and how many it takes at most. */
export type ProcessLoad = { readonly id: string; readonly count: number; readonly limit: number };

/**
 * Who is to take which free shard, by id of the shard: one after the other goes to the process that has fewest. Every
 * process comes to the same result from the same view.
 */
export function assignFree(
  freeIds: readonly number[],
  loads: readonly ProcessLoad[],
): ReadonlyMap<number, string> {
  const counts = new Map(loads.map(({ id, count }) => [id, count]));
  const assigned = new Map<number, string>();
  for (const shardId of freeIds.toSorted((a, b) => a - b)) {
    const now = loads.map((load) => ({ ...load, count: counts.get(load.id) ?? 0 }));
    const [next] = now.filter(({ count, limit }) => count < limit).toSorted(byCount);
    if (!next) break;
    counts.set(next.id, next.count + 1);
    assigned.set(shardId, next.id);
  }
  return assigned;
}

/** True where this process has two shards more than another one that may take more; of several such only one gives. */
export function isHandoverDue(ownId: string, loads: readonly ProcessLoad[]): boolean {
  const most = loads.toSorted((a, b) => b.count - a.count || compared(a.id, b.id))[0];
  const [least] = loads.filter(({ count, limit }) => count < limit).toSorted(byCount);
  if (!most || !least || most.id !== ownId) return false;
  return most.count - least.count >= 2;
}

/** The shard that costs fewest people a pause: with the fewest seats, of several the last one. */
export function shardToHandOver(seats: ReadonlyMap<number, number>): number | undefined {
  const [first] = [...seats].toSorted(([a, ofA], [b, ofB]) => ofA - ofB || b - a);
  return first?.[0];
}

function byCount(a: ProcessLoad, b: ProcessLoad): number {
  return a.count - b.count || compared(a.id, b.id);
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
