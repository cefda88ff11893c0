import type { ShardNews } from './ownership.ts';
import type { RegistryView, ShardRow } from './shard-registry.ts';

export type LeaseTimes = {
  /** Time, in ms, for which a shard is leased, by the clock of the database. */
  readonly leaseMs: number;
  /** Time, in ms, for which a lease that has run out must have stood unchanged: one renewal and a new connection. */
  readonly unchangedMs: number;
};

/** This process's part of all shards. */
type OwnShare = {
  readonly processId: string;
  readonly limit: number;
  readonly shards: ReadonlyMap<number, unknown>;
  readonly seen: ReadonlyMap<number, SeenRow>;
};

/** Row of a shard that this process does not hold. */
export type SeenRow = {
  readonly row: ShardRow;
  /** When the lease must have run out by this process's own clock, too. */
  readonly overAtMs: number;
  /** Since when it may be taken. */
  readonly freeAtMs?: number;
};

/**
 * Rows of a view with what is known of them: a lease that has run out must have stood unchanged for a while, so that an owner
 * that only lost the database renews first. A clock of the database that was set wrong ends no lease early.
 */
export function seenRows(
  { processId, seen, shards }: OwnShare,
  view: RegistryView,
  atMs: number,
  { leaseMs, unchangedMs }: LeaseTimes,
): ReadonlyMap<number, SeenRow> {
  const others = view.shards.filter(({ id }) => !shards.has(id));
  return new Map(
    others.map((row) => {
      const { id, epoch, ownerId, untilMs, leftMs = 0 } = row;
      const known = seen.get(id);
      const isSame = known?.row.epoch === epoch && known.row.untilMs === untilMs;
      const former = isSame ? known : undefined;
      const overAtMs = former?.overAtMs ?? atMs + Math.max(unchangedMs, Math.min(leftMs, leaseMs));
      const isOver = atMs >= overAtMs && (leftMs <= 0 || leftMs > leaseMs);
      const isFree = ownerId === undefined || ownerId === processId || isOver;
      const freeAtMs = isFree ? (former?.freeAtMs ?? atMs) : undefined;
      return [id, { row, overAtMs, ...(freeAtMs !== undefined && { freeAtMs }) }];
    }),
  );
}

/** Loads of all processes: of others by their rows, of this one by what it knows itself. */
export function loadsOf(
  { processId, limit, shards: { size } }: OwnShare,
  { processes, shards }: RegistryView,
): readonly ProcessLoad[] {
  const countOf = (owner: string) =>
    shards.filter(({ ownerId, leftMs = 0 }) => ownerId === owner && leftMs > 0).length;
  return [
    ...processes.map((one) => ({ id: one.id, limit: one.limit, count: countOf(one.id) })),
    { id: processId, limit, count: size },
  ];
}

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

/** News of this process's share for the operator; undefined: there is none. */
export function shareNews(
  { shards: { size }, limit }: OwnShare,
  { shards, processes }: RegistryView,
): ShardNews | undefined {
  const free = shards.filter(({ leftMs = 0 }) => leftMs <= 0).length;
  const count = shards.length;
  if (size > 0 && size >= limit && free > 0) return { kind: 'unserved', count, free };
  if (size > 0 || free > 0) return undefined;
  return { kind: 'waiting', count, processes: processes.length + 1 };
}
