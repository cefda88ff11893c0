import type { RegistryView, ShardNews, ShardRow, StopReason, TakenShard } from './ownership.ts';

/** Shard that this process has, or is about to have. */
type HeldShard = {
  readonly phase: 'taking' | 'fencing' | 'serving' | 'stopping';
  readonly epoch: number;
  /** Time at which the request that took or renewed the lease was sent. */
  readonly leasedAtMs: number;
  /** True once the database has the gateway session that is open now. */
  readonly isStored: boolean;
  /** True where the former owner may serve on without a lease. */
  readonly mustFence: boolean;
  /** Resumes of the former session that failed. */
  readonly fences: number;
  /** Instant of the first fence; absent before it. */
  readonly fencedFromMs?: number;
  /** When the next one is due; absent while one is under way. */
  readonly fenceAtMs?: number;
};

/** Row of a shard that this process does not hold. */
type SeenRow = {
  readonly row: ShardRow;
  /** When the lease must have run out by this process's own clock, too. */
  readonly overAtMs: number;
  /** Since when it may be taken. */
  readonly freeAtMs?: number;
};

/** Number of shards of a process, and its limit. */
type ProcessLoad = { readonly id: string; readonly count: number; readonly limit: number };

/** State of one process that shares the shards of a bot. */
export type Ownership = {
  readonly processId: string;
  readonly limit: number;
  /** Lease of a shard, in ms. */
  readonly leaseMs: number;
  readonly isDraining: boolean;
  /** True where no other process lived at the last renewal. */
  readonly isAlone: boolean;
  /** End of the rest in which no shard is taken: one could not be served. */
  readonly restsUntilMs: number;
  readonly shards: ReadonlyMap<number, HeldShard>;
  /** Rows of shards that this process does not hold, as last seen. */
  readonly seen: ReadonlyMap<number, SeenRow>;
  /** Since when shares have been unequal at this process's expense. */
  readonly unequalAtMs?: number;
};

/** Times in ms. 30 s of lease, less the margin, a renewal and a try of 1.5 s with its pause: 25 s without the database end nothing. */
export const ownershipRules = {
  /** Lease of a shard, by the clock of the database. */
  leaseMs: 30_000,
  /** Margin, in ms, from the stop of an owner to the end of its lease; measured from before the renewal was sent. */
  marginMs: 2_000,
  /** Interval, in ms, between two renewals, and between two tries of one that failed. */
  renewMs: 1_000,
  retryMs: 500,
  /** Time, in ms, for which a lease that has run out must have stood unchanged: one renewal and a new connection. */
  unchangedMs: 3_000,
  /** Time, in ms, for which the former session is tried to be resumed before it counts as refused. */
  fenceMs: 20_000,
  /** Time, in ms, after which a free shard is taken also by a process that is not the next to take one. */
  leftOverMs: 3_000,
  /** Time, in ms, for which shares must be unequal before a shard is handed over. */
  unequalMs: 2_000,
  /** Rest, in ms, in which no shard is taken after one could not be served. */
  restMs: 15_000,
} as const;
const { marginMs, unchangedMs, fenceMs, leftOverMs, unequalMs, restMs } = ownershipRules;
/** Pauses, in ms, between two tries to resume the former session. */
const [firstFenceMs, longestFenceMs] = [500, 8_000];

export type OwnershipEvent = { readonly atMs: number } & (
  | { readonly kind: 'tick' | 'draining' }
  /** The database did not answer. */
  | { readonly kind: 'away' }
  | {
      readonly kind: 'renewed';
      readonly sentAtMs: number;
      readonly view: RegistryView;
      /** Ids of the shards that were to be renewed, and whether with the gateway session that is open now. */
      readonly asked: ReadonlyMap<number, boolean>;
      /** Seats by shard that is served. */
      readonly seats: ReadonlyMap<number, number>;
    }
  /** `taken` is absent where the shard could not be taken. */
  | {
      readonly kind: 'taken';
      readonly sentAtMs: number;
      readonly shardId: number;
      readonly taken?: TakenShard | undefined;
    }
  /** `failed`: Discord could not be reached. */
  | {
      readonly kind: 'fenced';
      readonly shardId: number;
      readonly outcome: 'resumed' | 'refused' | 'failed';
    }
  /** `unstored`: the gateway session changed, or there is none. */
  | { readonly kind: 'lost' | 'failed' | 'stopped' | 'unstored'; readonly shardId: number }
);

export type OwnershipEffect =
  | { readonly kind: 'take'; readonly shards: readonly ShardRow[] }
  | { readonly kind: 'fence' | 'serve'; readonly shardId: number }
  | { readonly kind: 'give-back'; readonly shardId: number; readonly epoch: number }
  | { readonly kind: 'stop'; readonly shardId: number; readonly why: StopReason };

type Step = readonly [Ownership, ...OwnershipEffect[]];
type EventOf<Kind> = Extract<OwnershipEvent, { kind: Kind }>;

export function newOwnership(processId: string, limit: number, leaseMs: number): Ownership {
  const none = { isDraining: false, isAlone: false, restsUntilMs: Number.NEGATIVE_INFINITY };
  return { processId, limit, leaseMs, ...none, shards: new Map(), seen: new Map() };
}

/** One step of owning shards: which ones a process takes, serves and gives up. */
export function stepOwnership(own: Ownership, event: OwnershipEvent): Step {
  switch (event.kind) {
    case 'tick':
      return ticked(own, event.atMs);
    case 'draining':
      return stopAll({ ...own, isDraining: true }, 'drained', () => true);
    case 'away':
      return [{ ...own, seen: new Map() }];
    case 'renewed':
      return renewed(own, event);
    case 'taken':
      return taken(own, event);
    case 'fenced':
      return fenced(own, event);
    case 'lost':
      return stopAll(own, 'lost', (id) => id === event.shardId);
    case 'failed': {
      const resting = { ...own, restsUntilMs: event.atMs + restMs };
      return stopAll(resting, 'failed', (id) => id === event.shardId);
    }
    case 'unstored':
      return [changed(own, event.shardId, { isStored: false })];
    case 'stopped': {
      const { shardId } = event;
      const held = own.shards.get(shardId);
      if (held?.phase !== 'stopping') return [own];
      return [without(own, shardId), { kind: 'give-back', shardId, epoch: held.epoch }];
    }
  }
}

/** True while no other process may have taken this shard: its lease stands, or this process is alone. */
function isSafe(own: Ownership, held: HeldShard, atMs: number): boolean {
  if (atMs - held.leasedAtMs < own.leaseMs - marginMs) return true;
  return own.isAlone && held.phase === 'serving' && held.isStored;
}

function ticked(own: Ownership, atMs: number): Step {
  const [kept, ...stops] = stopAll(own, 'given-up', (_, held) => !isSafe(own, held, atMs));
  const due = [...kept.shards].filter(
    ([, { phase, fenceAtMs }]) =>
      phase === 'fencing' && fenceAtMs !== undefined && fenceAtMs <= atMs,
  );
  const next = due.reduce(
    (state, [id, { fenceAtMs: _, ...held }]) => withShard(state, id, held),
    kept,
  );
  return [next, ...stops, ...due.map(([shardId]) => ({ kind: 'fence', shardId }) as const)];
}

function renewed(own: Ownership, event: EventOf<'renewed'>): Step {
  const { view, asked, sentAtMs, atMs } = event;
  const wasAsked = (id: number, { leasedAtMs }: HeldShard) =>
    asked.has(id) && leasedAtMs <= sentAtMs;
  const leased = new Map(
    [...own.shards].map(([id, held]) => {
      if (!wasAsked(id, held) || !view.renewedIds.has(id)) return [id, held];
      return [id, { ...held, leasedAtMs: sentAtMs, isStored: asked.get(id) === true }];
    }),
  );
  const known = {
    ...own,
    isAlone: view.isAlone,
    shards: leased,
    seen: seenRows(own, view, atMs),
  };
  const [kept, ...stops] = stopAll(
    known,
    'lost',
    (id, held) => wasAsked(id, held) && !view.renewedIds.has(id),
  );
  if (kept.isDraining) return [kept, ...stops];
  const [next, ...moves] = balanced(kept, event);
  return [next, ...stops, ...moves];
}

/** Takes free shards on this process's turn, or hands over those beyond its share. */
function balanced(own: Ownership, { view, seats, atMs }: EventOf<'renewed'>): Step {
  const loads = loadsOf(own, view);
  const free = [...own.seen.values()].filter(({ freeAtMs }) => freeAtMs !== undefined);
  if (free.length === 0) return handedOver(own, loads, seats, atMs);
  const { unequalAtMs: _, ...calm } = own;
  if (atMs < own.restsUntilMs) return [calm];
  const freeIds = free.map(({ row }) => row.id);
  const turns = ownTurns(freeIds, own.processId, loads);
  const due = free.filter(({ row, freeAtMs = atMs }) => {
    const isMine = row.ownerId === own.processId || turns.has(row.id);
    return isMine || atMs - freeAtMs >= leftOverMs;
  });
  const shards = due.map(({ row }) => row).slice(0, own.limit - own.shards.size);
  if (shards.length === 0) return [calm];
  const next = shards.reduce((state, { id }) => withShard(state, id, taking(atMs)), calm);
  return [next, { kind: 'take', shards }];
}

function handedOver(
  own: Ownership,
  loads: readonly ProcessLoad[],
  seats: ReadonlyMap<number, number>,
  atMs: number,
): Step {
  const { unequalAtMs = atMs, ...calm } = own;
  const isSettled = [...own.shards.values()].every(({ phase }) => phase === 'serving');
  if (!isSettled || !isHandoverDue(own.processId, loads)) return [calm];
  if (atMs - unequalAtMs < unequalMs) return [{ ...calm, unequalAtMs }];
  // With the fewest seats it costs fewest people a pause; of several the last one.
  const seatsOf = (id: number) => seats.get(id) ?? 0;
  const [chosen] = [...own.shards.keys()].toSorted((a, b) => seatsOf(a) - seatsOf(b) || b - a);
  return stopAll(calm, 'handover', (shardId) => shardId === chosen);
}

function taken(own: Ownership, { shardId, taken: row, sentAtMs }: EventOf<'taken'>): Step {
  if (own.shards.get(shardId)?.phase !== 'taking') return [own];
  if (!row) return [without(own, shardId)];
  const { epoch, session, mustFence } = row;
  if (own.isDraining) return [without(own, shardId), { kind: 'give-back', shardId, epoch }];
  const held = { ...taking(sentAtMs), epoch, mustFence };
  const [phase, kind] = session ? (['fencing', 'fence'] as const) : (['serving', 'serve'] as const);
  return [withShard(own, shardId, { ...held, phase }), { kind, shardId }];
}

/** Without an answer of Discord an owner that may serve on is never passed over. */
function fenced(own: Ownership, { shardId, outcome, atMs }: EventOf<'fenced'>): Step {
  const held = own.shards.get(shardId);
  if (held?.phase !== 'fencing') return [own];
  const { fencedFromMs = atMs, fences, mustFence } = held;
  if (outcome === 'failed' && (mustFence || atMs - fencedFromMs < fenceMs)) {
    const fenceAtMs = atMs + Math.min(longestFenceMs, firstFenceMs * 2 ** fences);
    return [changed(own, shardId, { fencedFromMs, fenceAtMs, fences: fences + 1 })];
  }
  return [changed(own, shardId, { phase: 'serving' }), { kind: 'serve', shardId }];
}

function taking(atMs: number): HeldShard {
  const unknown = { epoch: 0, isStored: false, mustFence: false, fences: 0 };
  return { ...unknown, phase: 'taking', leasedAtMs: atMs };
}

function stopAll(
  own: Ownership,
  why: StopReason,
  isOver: (shardId: number, held: HeldShard) => boolean,
): Step {
  const over = [...own.shards].filter(
    ([id, held]) => (held.phase === 'fencing' || held.phase === 'serving') && isOver(id, held),
  );
  const next = over.reduce((state, [id]) => changed(state, id, { phase: 'stopping' }), own);
  return [next, ...over.map(([shardId]) => ({ kind: 'stop', shardId, why }) as const)];
}

function withShard(own: Ownership, shardId: number, held: HeldShard): Ownership {
  return { ...own, shards: new Map(own.shards).set(shardId, held) };
}

function changed(own: Ownership, shardId: number, change: Partial<HeldShard>): Ownership {
  const held = own.shards.get(shardId);
  return held ? withShard(own, shardId, { ...held, ...change }) : own;
}

function without(own: Ownership, shardId: number): Ownership {
  return { ...own, shards: new Map([...own.shards].filter(([id]) => id !== shardId)) };
}

/**
 * Rows of a view with their known state: a lease that has run out must have stood unchanged for a while, so that an owner
 * that only lost the database renews first. A clock of the database that was set wrong ends no lease early.
 */
function seenRows(
  { processId, leaseMs, seen, shards }: Ownership,
  view: RegistryView,
  atMs: number,
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

/** Loads of all processes: of others by their rows, of this one by its own state. */
function loadsOf(
  { processId, limit, shards: { size } }: Ownership,
  { processes, shards }: RegistryView,
): readonly ProcessLoad[] {
  const countOf = (owner: string) =>
    shards.filter(({ ownerId, leftMs = 0 }) => ownerId === owner && leftMs > 0).length;
  return [
    ...processes.map((one) => ({ id: one.id, limit: one.limit, count: countOf(one.id) })),
    { id: processId, limit, count: size },
  ];
}

/**
 * Ids of the free shards that this process is to take: one after the other goes to the process that has fewest. Every process
 * comes to the same result from the same view.
 */
function ownTurns(
  freeIds: readonly number[],
  ownId: string,
  loads: readonly ProcessLoad[],
): ReadonlySet<number> {
  const counted = loads.map((load) => ({ ...load }));
  const own = new Set<number>();
  for (const shardId of freeIds.toSorted((a, b) => a - b)) {
    const next = leastLoaded(counted);
    if (!next) break;
    next.count++;
    if (next.id === ownId) own.add(shardId);
  }
  return own;
}

/** True where this process has two shards more than another one that may take more; of several such only one gives. */
function isHandoverDue(ownId: string, loads: readonly ProcessLoad[]): boolean {
  const [most] = loads.toSorted((a, b) => b.count - a.count || compared(a.id, b.id));
  const least = leastLoaded(loads);
  return (
    most !== undefined && most.id === ownId && least !== undefined && most.count - least.count >= 2
  );
}

/** Process with the least load, of those that may take more. */
function leastLoaded<Load extends ProcessLoad>(loads: readonly Load[]): Load | undefined {
  const open = loads.filter(({ count, limit }) => count < limit);
  return open.toSorted((a, b) => a.count - b.count || compared(a.id, b.id))[0];
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** News of this process's share for the operator; undefined: there is none. */
export function shareNews(
  { shards: { size }, limit }: Ownership,
  { shards, processes }: RegistryView,
): ShardNews | undefined {
  const free = shards.filter(({ leftMs = 0 }) => leftMs <= 0).length;
  const count = shards.length;
  if (size > 0 && size >= limit && free > 0) return { kind: 'unserved', count, free };
  if (size > 0 || free > 0) return undefined;
  return { kind: 'waiting', count, processes: processes.length + 1 };
}
