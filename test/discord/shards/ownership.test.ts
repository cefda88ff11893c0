import { expect, test } from 'vitest';
import {
  newOwnership,
  type Ownership,
  ownershipRules,
  stepOwnership,
} from '#src/discord/shards/ownership-step.ts';
import { faultsOf, longestGapMs, playFaults } from './shard-faults.ts';
import { ShardWorld, type ShardWorldOptions } from './shard-world.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** Numbers of shards that living processes serve, fewest first. */
function counts(world: ShardWorld): readonly number[] {
  return [...world.serving().values()].map(({ length }) => length).toSorted((a, b) => a - b);
}

function served(world: ShardWorld): readonly number[] {
  return [...world.serving().values()].flat().toSorted((a, b) => a - b);
}

async function started(options: ShardWorldOptions, processes: number): Promise<ShardWorld> {
  const world = new ShardWorld(options);
  for (let n = 0; n < processes; n++) world.start();
  await world.pass(30_000 + 6_000 * options.shards);
  return world;
}

function first({ processes }: ShardWorld): SimulatedProcess {
  const [process] = processes;
  if (!process) throw new Error('a process was started');
  return process;
}

test('a process that is alone takes all shards, one after the other as Discord lets it', async () => {
  const world = new ShardWorld({ shards: 4, maxConcurrency: 4 });
  world.start();
  await world.pass(2_000);
  expect(counts(world)).toEqual([4]);
});

test('a second process takes its share, and more processes than shards wait', async () => {
  const world = await started({ shards: 5 }, 1);
  world.start();
  await world.pass(60_000);
  expect(counts(world)).toEqual([2, 3]);
  for (let n = 0; n < 5; n++) world.start();
  await world.pass(90_000);
  expect(counts(world)).toEqual([0, 0, 1, 1, 1, 1, 1]);
  expect(world.doubled).toBeUndefined();
});

test('no process takes more than it may, and the rest is left to others', async () => {
  const world = new ShardWorld({ shards: 4 });
  world.start('a', 1);
  await world.pass(10_000);
  expect(counts(world)).toEqual([1]);
  world.start('b', 1);
  world.start('c', 8);
  await world.pass(30_000);
  expect(counts(world)).toEqual([1, 1, 2]);
});

test.each([
  [1, 1, 20],
  [4, 1, 20],
  [4, 1, 100],
  [16, 16, 20],
  [16, 16, 100],
])(
  'after a kill %i shards with a concurrency of %i, %i ms from the database, are served within 30 s and 5 s for each login that waits',
  async (shards, maxConcurrency, oneWayMs) => {
    const world = await started({ shards, maxConcurrency, oneWayMs }, 1);
    const victim = first(world);
    expect(victim.served()).toHaveLength(shards);
    world.start('other', 1_000);
    await world.pass(1_000); // it lives, and has no shard yet
    victim.kill();
    let afterMs = 0;
    for (; served(world).length < shards && afterMs < 200_000; afterMs += 500)
      await world.pass(500);
    expect(afterMs).toBeLessThanOrEqual(longestGapMs(shards, maxConcurrency));
    expect(world.doubled).toBeUndefined();
  },
);

test('a process that returns under its own name takes its shards at once', async () => {
  const world = await started({ shards: 2, maxConcurrency: 2 }, 2);
  const victim = first(world);
  const own = victim.served();
  victim.kill();
  await world.pass(5_000);
  const again = world.start(victim.id);
  await world.pass(2_000);
  expect(again.served()).toEqual(own);
});

test('two processes lose the database for 25 s, and no conversation ends', async () => {
  const world = await started({ shards: 4, maxConcurrency: 4 }, 2);
  const before = world.serving();
  for (const lateMs of [0, 500, 1_000, 1_500, 1_999]) {
    await world.pass(60_000 + lateMs);
    world.stopDatabase(25_000);
    await world.pass(60_000);
    expect(world.serving()).toEqual(before);
  }
  expect(world.processes.flatMap(({ stopsFor }) => stopsFor)).toEqual(['handover', 'handover']);
});

test('two processes lose the database for longer: each stops before its leases end, and is back with it', async () => {
  const world = await started({ shards: 4, maxConcurrency: 4 }, 2);
  world.stopDatabase(120_000);
  await world.pass(
    ownershipRules.leaseMs - ownershipRules.marginMs - ownershipRules.renewMs - 1_000,
  );
  expect(served(world)).toEqual([0, 1, 2, 3]);
  await world.pass(ownershipRules.renewMs + 3_000);
  expect(served(world)).toEqual([]);
  await world.pass(120_000);
  expect(served(world)).toEqual([0, 1, 2, 3]);
  expect(world.doubled).toBeUndefined();
});

test('a process that is alone never stops for the database', async () => {
  const world = await started({ shards: 4, maxConcurrency: 4 }, 1);
  world.stopDatabase(6 * 3_600_000);
  await world.pass(3 * 3_600_000);
  world.reconnectAll();
  await world.pass(4 * 3_600_000);
  expect(counts(world)).toEqual([4]);
  expect(first(world).stopsFor).toEqual([]);
});

test('a new process does not take the shards of one that only lost the database, where both find it back', async () => {
  const world = await started({ shards: 4, maxConcurrency: 4 }, 1);
  world.stopDatabase(300_000);
  await world.pass(290_000);
  const second = world.start();
  await world.pass(12_000);
  expect(first(world).stopsFor).toEqual([]);
  expect(second.served()).toEqual([]);
});

test('a process that was alone and is cut off from the database is shut out by Discord before its successor serves', async () => {
  const world = await started({ shards: 2, maxConcurrency: 2 }, 1);
  first(world).isolate(600_000);
  await world.pass(40_000);
  expect(counts(world)).toEqual([2]);
  const second = world.start();
  await world.pass(60_000);
  expect(second.served()).toEqual([0, 1]);
  expect(first(world).served()).toEqual([]);
  expect(world.doubled).toBeUndefined();
});

test('a shard that is taken over while Discord is away is served once it is back', async () => {
  const world = await started({ shards: 2, maxConcurrency: 2 }, 2);
  first(world).kill();
  await world.pass(29_000);
  world.stopDiscord(12_000);
  await world.pass(12_000 + 35_000);
  expect(served(world)).toEqual([0, 1]);
  expect(world.doubled).toBeUndefined();
});

test('a process that ends in order leaves its shards to others within 5 s', async () => {
  const world = await started({ shards: 4, maxConcurrency: 4 }, 2);
  void first(world).drain();
  await world.pass(5_000);
  expect(counts(world)).toEqual([4]);
  expect(world.doubled).toBeUndefined();
});

test('a frozen process finds its shards taken when it wakes, and leaves them', async () => {
  const world = await started({ shards: 2, maxConcurrency: 2 }, 2);
  first(world).freeze(60_000);
  await world.pass(59_000);
  expect(counts(world)).toEqual([0, 2]);
  await world.pass(60_000);
  expect(counts(world)).toEqual([1, 1]);
  expect(world.doubled).toBeUndefined();
});

test.each([3_600_000, -3_600_000, 20_000, -20_000])(
  'a clock of the database that jumps by %i ms ends nothing, and a killed process is still taken over',
  async (byMs) => {
    const world = await started({ shards: 2, maxConcurrency: 2 }, 2);
    world.database.aheadMs += byMs;
    await world.pass(60_000);
    expect(world.processes.flatMap(({ stopsFor }) => stopsFor)).toEqual(['handover']);
    world.database.aheadMs += byMs;
    first(world).kill();
    await world.pass(2 * ownershipRules.leaseMs + 12_000);
    expect(served(world)).toEqual([0, 1]);
    expect(world.doubled).toBeUndefined();
  },
);

test('whatever happens, no shard has two owners, and none is without one for longer than a lease and the logins', async () => {
  const { doubled, late, unequal } = await playFaults(faultsOf(1_000));
  expect(doubled).toEqual([]);
  expect(unequal).toEqual([]);
  expect(late).toEqual([]);
});

test('a process that drains stops each shard that it serves or is about to serve, once', () => {
  const held = { epoch: 1, leasedAtMs: 0, isStored: false, mustFence: false, fences: 0 };
  const phases = ['taking', 'fencing', 'serving', 'stopping'] as const;
  const shards = new Map(phases.map((phase, id) => [id, { ...held, phase }]));
  const own = { ...newOwnership('me', 9, ownershipRules.leaseMs), shards };
  const [, ...effects] = stepOwnership(own, { kind: 'draining', atMs: 0 });
  expect(effects).toEqual([1, 2].map((shardId) => ({ kind: 'stop', shardId, why: 'drained' })));
});

test('for 15 s after a shard could not be served a process takes none', () => {
  const view = {
    renewedIds: new Set<number>(),
    isAlone: true,
    processes: [],
    shards: [{ id: 0, epoch: 0 }],
  };
  const renewed = (own: Ownership, atMs: number) =>
    stepOwnership(own, {
      kind: 'renewed',
      atMs,
      sentAtMs: atMs,
      view,
      asked: new Map(),
      seats: new Map(),
    });
  const start = newOwnership('me', 9, ownershipRules.leaseMs);
  const [failed] = stepOwnership(start, { kind: 'failed', shardId: 0, atMs: 0 });
  let own = failed;
  let tookAtMs = 0;
  for (let atMs = 0; tookAtMs === 0 && atMs < 30_000; atMs += ownershipRules.renewMs) {
    const [next, effect] = renewed(own, atMs);
    own = next;
    if (effect?.kind === 'take') tookAtMs = atMs;
  }
  expect(tookAtMs).toBe(ownershipRules.restMs);
});
