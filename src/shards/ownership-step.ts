import { assignFree, isHandoverDue, type ProcessLoad, shardToHandOver } from './fair-share.ts';
import type { StopReason } from './ownership.ts';
import {
  type HeldShard,
  mapped,
  type Ownership,
  without,
  withoutPhase,
  withPhase,
  withShard,
} from './ownership-state.ts';
import type { RegistryView, ShardRow } from './shard-registry.ts';

export type OwnershipRules = {
  /** Time, in ms, after the start of the database server or a loss of the own connection in which only own shards are taken. */
  readonly graceMs: number;
  /** Time, in ms, without a confirmed lock after which an owner gives its shard up. */
  readonly giveUpMs: number;
  /** Time, in ms, from the lock to an identify where the former owner could not be fenced; longer than `giveUpMs`. */
  readonly unfencedMs: number;
  /** Time, in ms, after which a free shard is taken also by who is not the next to take one. */
  readonly leftOverMs: number;
  /** Time, in ms, for which shares must be unequal before a shard is handed over. */
  readonly unequalMs: number;
  /** Time, in ms, for which nothing is taken after a shard could not be served. */
  readonly restMs: number;
};

/** An owner gives up 20 s before a successor who could not fence it identifies: time for a slow machine to leave. */
export const ownershipRules: OwnershipRules = {
  graceMs: 10_000,
  giveUpMs: 100_000,
  unfencedMs: 120_000,
  leftOverMs: 3_000,
  unequalMs: 2_000,
  restMs: 15_000,
};

export type OwnershipEvent = { readonly atMs: number } & (
  | { readonly kind: 'connected' | 'disconnected' | 'draining' | 'tick' }
  | {
      readonly kind: 'looked';
      readonly sentAtMs: number;
      readonly view: RegistryView;
      /** Seats by shard that is served. */
      readonly seats: ReadonlyMap<number, number>;
    }
  | {
      readonly kind: 'taken';
      readonly shardId: number;
      readonly sentAtMs: number;
      readonly epoch: number;
      readonly formerEpoch: number;
      /** As the row had it. */
      readonly isActive: boolean;
      /** Whether there is a gateway session to resume. */
      readonly hasSession: boolean;
    }
  | {
      readonly kind: 'retaken';
      readonly shardId: number;
      readonly sentAtMs: number;
      /** `busy`: the lock is still held by a connection that this process lost. */
      readonly outcome: 'ours' | 'lost' | 'busy';
    }
  | { readonly kind: 'fenced'; readonly shardId: number; readonly outcome: 'resumed' | 'refused' }
  /** `untaken`: another process was faster. `unconfirmed`: the gateway closed, and the lock could not be confirmed. */
  | { readonly kind: 'untaken' | 'unconfirmed' | 'failed' | 'stopped'; readonly shardId: number }
);

export type OwnershipEffect =
  | { readonly kind: 'take' | 'fence' | 'serve'; readonly shardId: number }
  | { readonly kind: 'retake'; readonly shardId: number; readonly epoch: number }
  | {
      readonly kind: 'release';
      readonly shardId: number;
      readonly epoch: number;
      /** False where the former owner may still be connected to Discord. */
      readonly isOver: boolean;
    }
  | { readonly kind: 'stop'; readonly shardId: number; readonly why: StopReason };

type Step = readonly [Ownership, ...OwnershipEffect[]];

/** One step of owning shards: what a process takes, serves and gives up. */
export function stepOwnership(own: Ownership, event: OwnershipEvent, rules: OwnershipRules): Step {
  switch (event.kind) {
    case 'connected':
      return connected(own, event.atMs, rules);
    case 'disconnected':
      return disconnected(own);
    case 'draining':
      return stopAll({ ...own, isDraining: true }, 'drained', () => true);
    case 'tick':
      return ticked(own, event.atMs, rules);
    case 'looked':
      return looked(own, event, rules);
    case 'taken':
      return taken(own, event);
    case 'untaken':
      return [without(own, event.shardId)];
    case 'retaken':
      return retaken(own, event);
    case 'fenced':
      return fenced(own, event.shardId, event.outcome);
    case 'unconfirmed':
      return stopAll(own, event.kind, (shardId) => shardId === event.shardId);
    case 'failed': {
      const resting = { ...own, restsUntilMs: event.atMs + rules.restMs };
      return stopAll(resting, event.kind, (shardId) => shardId === event.shardId);
    }
    case 'stopped':
      return stopped(own, event.shardId);
  }
}

function connected(own: Ownership, atMs: number, rules: OwnershipRules): Step {
  const isFirst = own.takesFromAtMs === undefined;
  const next = {
    ...own,
    isConnected: true,
    takesFromAtMs: isFirst ? atMs : atMs + rules.graceMs,
    freeAtMs: new Map<number, number>(),
  };
  return [next, ...retakes(next)];
}

/** Who serves goes on for now; who was on the way there begins anew. */
function disconnected(own: Ownership): Step {
  const kept = mapped(own, (held) => ({ ...held, isLocked: false }));
  const away = { ...withoutPhase(kept, 'taking'), isConnected: false };
  return stopAll(away, 'lost', (_, { phase }) => phase === 'fencing' || phase === 'waiting');
}

function ticked(own: Ownership, atMs: number, { giveUpMs, unfencedMs }: OwnershipRules): Step {
  const isOver = (_: number, held: HeldShard) =>
    held.phase === 'serving' && atMs - held.confirmedAtMs >= giveUpMs;
  const [kept, ...effects] = stopAll(own, 'given-up', isOver);
  const due = [...kept.shards].filter(
    ([, { phase, isLocked, lockedAtMs }]) =>
      phase === 'waiting' && isLocked && atMs - lockedAtMs >= unfencedMs,
  );
  const serving = due.reduce((next, [shardId]) => served(next, shardId), kept);
  const serves = due.map(([shardId]) => ({ kind: 'serve', shardId }) as const);
  return [serving, ...effects, ...serves];
}

function looked(
  own: Ownership,
  event: Extract<OwnershipEvent, { kind: 'looked' }>,
  rules: OwnershipRules,
): Step {
  if (!own.isConnected) return [own];
  const { view, atMs } = event;
  const rows = new Map(view.shards.map((row) => [row.id, row]));
  const isMine = (shardId: number) => rows.get(shardId)?.lock === 'mine';
  const confirmed = mapped(own, (held, shardId) =>
    held.isLocked && isMine(shardId) ? { ...held, confirmedAtMs: event.sentAtMs } : held,
  );
  const [kept, ...stops] = stopAll(
    confirmed,
    'lost',
    (shardId, { phase, isLocked }) => phase !== 'taking' && isLocked && !isMine(shardId),
  );
  const again = retakes(kept);
  if (kept.isDraining) return [kept, ...stops, ...again];
  const [next, ...moves] = balanced(kept, view, event.seats, atMs, rules);
  return [next, ...stops, ...again, ...moves];
}

/** Takes what is free and this process's turn, or hands over what is more than its share. */
function balanced(
  own: Ownership,
  view: RegistryView,
  seats: ReadonlyMap<number, number>,
  atMs: number,
  rules: OwnershipRules,
): Step {
  const free = view.shards.filter(({ id, lock }) => lock === 'free' && !own.shards.has(id));
  const freeAtMs = new Map(free.map(({ id }) => [id, own.freeAtMs.get(id) ?? atMs]));
  const next = { ...own, freeAtMs };
  const loads = loadsOf(own, view);
  const due = takesNow(next, free, loads, view, atMs, rules);
  if (free.length > 0) {
    const { unequalAtMs: _, ...calm } = next;
    return due.reduce<Step>(
      ([state, ...effects], shardId) => [
        withShard(state, shardId, taking(atMs)),
        ...effects,
        { kind: 'take', shardId },
      ],
      [calm],
    );
  }
  return handedOver(next, loads, seats, atMs, rules);
}

function takesNow(
  own: Ownership,
  free: readonly ShardRow[],
  loads: readonly ProcessLoad[],
  view: RegistryView,
  atMs: number,
  { graceMs, leftOverMs }: OwnershipRules,
): readonly number[] {
  const isInGrace = atMs < (own.takesFromAtMs ?? atMs) || view.serverUpMs < graceMs;
  const mayTake = ({ isActive, ownerId }: ShardRow) =>
    !isInGrace || !isActive || ownerId === own.processId;
  const ids = free.filter(mayTake).map(({ id }) => id);
  const assigned = assignFree(ids, loads);
  if (atMs < (own.restsUntilMs ?? atMs)) return [];
  const room = own.limit - own.shards.size;
  const isLeftOver = (id: number) => atMs - (own.freeAtMs.get(id) ?? atMs) >= leftOverMs;
  return ids.filter((id) => assigned.get(id) === own.processId || isLeftOver(id)).slice(0, room);
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
  const ofOwn = new Map([...own.shards.keys()].map((id) => [id, seats.get(id) ?? 0]));
  const chosen = shardToHandOver(ofOwn);
  return stopAll(calm, 'handover', (shardId) => shardId === chosen);
}

/** Of others what the rows say; of this process what it knows itself. */
function loadsOf(own: Ownership, { processes, shards }: RegistryView): readonly ProcessLoad[] {
  const others = processes.filter(({ id }) => id !== own.processId);
  const countOf = (id: string) =>
    shards.filter(({ ownerId, lock }) => ownerId === id && lock === 'other').length;
  return [
    ...others.map(({ id, limit }) => ({ id, limit, count: countOf(id) })),
    { id: own.processId, limit: own.limit, count: own.shards.size },
  ];
}

function taken(own: Ownership, event: Extract<OwnershipEvent, { kind: 'taken' }>): Step {
  const { shardId, epoch, formerEpoch, isActive, hasSession, sentAtMs, atMs } = event;
  if (own.shards.get(shardId)?.phase !== 'taking') return [own];
  const mustFence = isActive && own.ended.get(shardId) !== formerEpoch;
  const held = {
    epoch,
    isLocked: true,
    lockedAtMs: atMs,
    confirmedAtMs: sentAtMs,
    mustFence,
  };
  if (own.isDraining)
    return [without(own, shardId), { kind: 'release', shardId, epoch, isOver: !mustFence }];
  if (hasSession)
    return [withShard(own, shardId, { ...held, phase: 'fencing' }), { kind: 'fence', shardId }];
  if (mustFence) return [withShard(own, shardId, { ...held, phase: 'waiting' })];
  return [withShard(own, shardId, { ...held, phase: 'serving' }), { kind: 'serve', shardId }];
}

function retaken(own: Ownership, event: Extract<OwnershipEvent, { kind: 'retaken' }>): Step {
  const { shardId, outcome, sentAtMs: confirmedAtMs } = event;
  const held = own.shards.get(shardId);
  if (!held || held.isLocked || outcome === 'busy') return [own];
  if (outcome === 'lost') return stopAll(own, 'lost', (id) => id === shardId);
  return [withShard(own, shardId, { ...held, isLocked: true, confirmedAtMs })];
}

function fenced(own: Ownership, shardId: number, outcome: 'resumed' | 'refused'): Step {
  const held = own.shards.get(shardId);
  if (held?.phase !== 'fencing') return [own];
  if (outcome === 'refused' && held.mustFence) return [withPhase(own, shardId, 'waiting')];
  return [served(own, shardId), { kind: 'serve', shardId }];
}

/** From now on nobody else is connected to Discord for this shard. */
function served(own: Ownership, shardId: number): Ownership {
  const held = own.shards.get(shardId);
  return held ? withShard(own, shardId, { ...held, phase: 'serving', mustFence: false }) : own;
}

/** A lock of the present connection is freed; one of a connection that is gone was freed with it. */
function stopped(own: Ownership, shardId: number): Step {
  const held = own.shards.get(shardId);
  if (held?.phase !== 'leaving') return [own];
  const { epoch, isLocked, mustFence } = held;
  const ended = mustFence ? own.ended : new Map(own.ended).set(shardId, epoch);
  const next = { ...without(own, shardId), ended };
  return isLocked ? [next, { kind: 'release', shardId, epoch, isOver: !mustFence }] : [next];
}

function taking(atMs: number): HeldShard {
  const unknown = { epoch: 0, isLocked: false, mustFence: false };
  return { ...unknown, phase: 'taking', lockedAtMs: atMs, confirmedAtMs: atMs };
}

function retakes(own: Ownership): readonly OwnershipEffect[] {
  return [...own.shards]
    .filter(([, { phase, isLocked }]) => phase === 'serving' && !isLocked)
    .map(([shardId, { epoch }]) => ({ kind: 'retake', shardId, epoch }));
}

function stopAll(
  own: Ownership,
  why: StopReason,
  isOver: (shardId: number, held: HeldShard) => boolean,
): Step {
  const over = [...own.shards].filter(
    ([shardId, held]) =>
      held.phase !== 'leaving' && held.phase !== 'taking' && isOver(shardId, held),
  );
  const next = over.reduce((state, [shardId]) => withPhase(state, shardId, 'leaving'), own);
  return [next, ...over.map(([shardId]) => ({ kind: 'stop', shardId, why }) as const)];
}
