import {
  assignFree,
  isHandoverDue,
  type LeaseTimes,
  loadsOf,
  type ProcessLoad,
  type SeenRow,
  seenRows,
  shardToHandOver,
} from './fair-share.ts';
import type { StopReason } from './ownership.ts';
import type { RegistryView, ShardRow, TakenShard } from './shard-registry.ts';

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
  /** Of the first one; absent before it. */
  readonly fencedFromMs?: number;
  /** When the next one is due; absent while one is under way. */
  readonly fenceAtMs?: number;
};

/** State of one process that shares the shards of a bot. */
export type Ownership = {
  readonly processId: string;
  readonly limit: number;
  readonly isDraining: boolean;
  /** True where no other process lived at the last renewal. */
  readonly isAlone: boolean;
  /** Until when nothing is taken: a shard could not be served. */
  readonly restsUntilMs: number;
  readonly shards: ReadonlyMap<number, HeldShard>;
  /** Rows of shards that this process does not hold, as last seen. */
  readonly seen: ReadonlyMap<number, SeenRow>;
  /** Since when shares have been unequal at this process's expense. */
  readonly unequalAtMs?: number;
};

export type OwnershipRules = LeaseTimes & {
  /** Time, in ms, before the end of a lease at which an owner stops; measured from before the renewal was sent. */
  readonly marginMs: number;
  /** Time, in ms, between two renewals, and between two tries of one that failed. */
  readonly renewMs: number;
  readonly retryMs: number;
  /** Longest time, in ms, for which the former session is tried to be resumed before it counts as refused. */
  readonly fenceMs: number;
  /** Time, in ms, after which a free shard is taken also by a process that is not the next to take one. */
  readonly leftOverMs: number;
  /** Time, in ms, for which shares must be unequal before a shard is handed over. */
  readonly unequalMs: number;
  /** Time, in ms, for which nothing is taken after a shard could not be served. */
  readonly restMs: number;
};

/** 30 s of lease, less the margin, a renewal and a try of 1.5 s with its pause: 25 s without the database end nothing. */
export const ownershipRules: OwnershipRules = {
  leaseMs: 30_000,
  marginMs: 2_000,
  renewMs: 1_000,
  retryMs: 500,
  unchangedMs: 3_000,
  fenceMs: 20_000,
  leftOverMs: 3_000,
  unequalMs: 2_000,
  restMs: 15_000,
};
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
  | {
      readonly kind: 'taken';
      readonly sentAtMs: number;
      readonly ids: readonly number[];
      readonly shards: readonly TakenShard[];
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
  | { readonly kind: 'fence'; readonly shardId: number }
  | { readonly kind: 'serve'; readonly shardId: number }
  | { readonly kind: 'give-back'; readonly shardId: number; readonly epoch: number }
  | { readonly kind: 'stop'; readonly shardId: number; readonly why: StopReason };

type Step = readonly [Ownership, ...OwnershipEffect[]];
type EventOf<Kind> = Extract<OwnershipEvent, { kind: Kind }>;

export function newOwnership(processId: string, limit: number): Ownership {
  const none = { isDraining: false, isAlone: false, restsUntilMs: Number.NEGATIVE_INFINITY };
  return { processId, limit, ...none, shards: new Map(), seen: new Map() };
}

/** One step of owning shards: which ones a process takes, serves and gives up. */
export function stepOwnership(own: Ownership, event: OwnershipEvent, rules: OwnershipRules): Step {
  switch (event.kind) {
    case 'tick':
      return ticked(own, event.atMs, rules);
    case 'draining':
      return stopAll({ ...own, isDraining: true }, 'drained', () => true);
    case 'away':
      return [{ ...own, seen: new Map() }];
    case 'renewed':
      return renewed(own, event, rules);
    case 'taken':
      return event.ids.reduce((step, id) => then(step, (next) => taken(next, id, event)), [
        own,
      ] as Step);
    case 'fenced':
      return fenced(own, event, rules);
    case 'lost':
      return stopAll(own, 'lost', (id) => id === event.shardId);
    case 'failed': {
      const resting = { ...own, restsUntilMs: event.atMs + rules.restMs };
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

/** True while nobody else may have taken this shard: its lease stands, or this process is alone. */
function isSafe(own: Ownership, held: HeldShard, atMs: number, rules: OwnershipRules): boolean {
  if (atMs - held.leasedAtMs < rules.leaseMs - rules.marginMs) return true;
  return own.isAlone && held.phase === 'serving' && held.isStored;
}

function ticked(own: Ownership, atMs: number, rules: OwnershipRules): Step {
  const [kept, ...stops] = stopAll(own, 'given-up', (_, held) => !isSafe(own, held, atMs, rules));
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

function renewed(own: Ownership, event: EventOf<'renewed'>, rules: OwnershipRules): Step {
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
    seen: seenRows(own, view, atMs, rules),
  };
  const [kept, ...stops] = stopAll(
    known,
    'lost',
    (id, held) => wasAsked(id, held) && !view.renewedIds.has(id),
  );
  if (kept.isDraining) return [kept, ...stops];
  const [next, ...moves] = balanced(kept, event, rules);
  return [next, ...stops, ...moves];
}

/** Takes what is free and this process's turn, or hands over what is more than its share. */
function balanced(
  own: Ownership,
  { view, seats, atMs }: EventOf<'renewed'>,
  rules: OwnershipRules,
): Step {
  const loads = loadsOf(own, view);
  const free = [...own.seen.values()].filter(({ freeAtMs }) => freeAtMs !== undefined);
  if (free.length === 0) return handedOver(own, loads, seats, atMs, rules);
  const { unequalAtMs: _, ...calm } = own;
  if (atMs < own.restsUntilMs) return [calm];
  const assigned = assignFree(
    free.map(({ row }) => row.id),
    loads,
  );
  const due = free.filter(({ row, freeAtMs = atMs }) => {
    const isMine = row.ownerId === own.processId || assigned.get(row.id) === own.processId;
    return isMine || atMs - freeAtMs >= rules.leftOverMs;
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
  { unequalMs }: OwnershipRules,
): Step {
  const { unequalAtMs = atMs, ...calm } = own;
  const isSettled = [...own.shards.values()].every(({ phase }) => phase === 'serving');
  if (!isSettled || !isHandoverDue(own.processId, loads)) return [calm];
  if (atMs - unequalAtMs < unequalMs) return [{ ...calm, unequalAtMs }];
  const chosen = shardToHandOver(
    new Map([...own.shards.keys()].map((id) => [id, seats.get(id) ?? 0])),
  );
  return stopAll(calm, 'handover', (shardId) => shardId === chosen);
}

function taken(own: Ownership, shardId: number, { shards, sentAtMs }: EventOf<'taken'>): Step {
  if (own.shards.get(shardId)?.phase !== 'taking') return [own];
  const row = shards.find((one) => one.shardId === shardId);
  if (!row) return [without(own, shardId)];
  const { epoch, session, mustFence } = row;
  if (own.isDraining) return [without(own, shardId), { kind: 'give-back', shardId, epoch }];
  const held = { ...taking(sentAtMs), epoch, mustFence };
  if (!session)
    return [withShard(own, shardId, { ...held, phase: 'serving' }), { kind: 'serve', shardId }];
  return [withShard(own, shardId, { ...held, phase: 'fencing' }), { kind: 'fence', shardId }];
}

/** Without an answer of Discord an owner that may serve on is never passed over. */
function fenced(
  own: Ownership,
  { shardId, outcome, atMs }: EventOf<'fenced'>,
  { fenceMs }: OwnershipRules,
): Step {
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

function then([own, ...effects]: Step, step: (own: Ownership) => Step): Step {
  const [next, ...more] = step(own);
  return [next, ...effects, ...more];
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
