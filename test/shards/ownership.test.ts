import { expect, test } from 'vitest';
import { ownershipRules } from '#src/shards/ownership-step.ts';

import { fc, runs } from '#test/properties.ts';

import { ShardWorld } from './shard-world.ts';

/** Numbers of shards that living processes serve, fewest first. */
function counts(world: ShardWorld): readonly number[] {
  return [...world.serving().values()].map(({ length }) => length).toSorted((a, b) => a - b);
}

function served(world: ShardWorld): readonly number[] {
  return [...world.serving().values()].flat().toSorted((a, b) => a - b);
}

function started(shards: number, processes: number): ShardWorld {
  const world = new ShardWorld(shards);
  for (let n = 0; n < processes; n++) world.start();
  world.pass(10_000);
  return world;
}

test('a process that is alone takes all shards at once', () => {
  expect(counts(started(8, 1))).toEqual([8]);
});

test('a second process takes its share, and more processes than shards wait', () => {
  const world = started(5, 1);
  world.start();
  world.pass(20_000);
  expect(counts(world)).toEqual([2, 3]);
  for (let n = 0; n < 5; n++) world.start();
  world.pass(40_000);
  expect(counts(world)).toEqual([0, 0, 1, 1, 1, 1, 1]);
  expect(world.doubled).toBeUndefined();
});

test('nobody takes more than it may, and the rest is left to others', () => {
  const world = new ShardWorld(4);
  world.start(1);
  world.pass(10_000);
  expect(counts(world)).toEqual([1]);
  world.start(1);
  world.start(8);
  world.pass(10_000);
  expect(counts(world)).toEqual([1, 1, 2]);
});

test('the shards of a killed process are served again within 2 s', () => {
  const world = started(2, 3);
  expect(counts(world)).toEqual([0, 1, 1]);
  const [victim] = world.processes.filter(({ id }) => world.serving().get(id)?.length === 1);
  if (victim) world.kill(victim);
  world.pass(2_000);
  expect(served(world)).toEqual([0, 1]);
  expect(world.doubled).toBeUndefined();
});

test('a database that is gone for a minute changes nothing', () => {
  const world = started(4, 2);
  const before = world.serving();
  world.stopDatabase(60_000);
  world.pass(30_000);
  expect(world.serving()).toEqual(before);
  world.pass(60_000);
  expect(world.serving()).toEqual(before);
});

test('a database that is gone for longer than 100 s ends what was served, and it comes back with it', () => {
  const world = started(4, 2);
  world.stopDatabase(150_000);
  world.pass(ownershipRules.giveUpMs - 2_000);
  expect(served(world)).toEqual([0, 1, 2, 3]);
  world.pass(4_000);
  expect(served(world)).toEqual([]);
  world.pass(60_000);
  expect(served(world)).toEqual([0, 1, 2, 3]);
  expect(world.doubled).toBeUndefined();
});

test('who alone is cut off is taken over by resuming its session', () => {
  const world = started(2, 2);
  const [victim] = world.processes;
  if (victim) world.isolate(victim, 60_000);
  world.pass(13_000); // 11 s until the server knows
  expect(counts(world)).toEqual([0, 2]);
  world.pass(90_000);
  expect(counts(world)).toEqual([1, 1]);
  expect(world.doubled).toBeUndefined();
});

test('where a session cannot be resumed, the successor waits until the former owner has given up', () => {
  const world = started(2, 2);
  const [victim] = world.processes;
  world.refusesResume = true;
  if (victim) world.isolate(victim, 300_000);
  world.pass(90_000);
  expect(counts(world)).toEqual([1, 1]);
  world.pass(20_000);
  expect(counts(world)).toEqual([0, 1]);
  world.pass(30_000);
  expect(counts(world)).toEqual([0, 2]);
  expect(world.doubled).toBeUndefined();
});

test('a process that drains leaves its shards to others within 2 s, also where no session can be resumed', () => {
  const world = started(4, 2);
  world.refusesResume = true;
  const [leaving] = world.processes;
  if (leaving) world.drain(leaving);
  world.pass(2_500);
  expect(counts(world)).toEqual([0, 4]);
  expect(world.doubled).toBeUndefined();
});

type Fault = {
  readonly kind: string;
  readonly who: number;
  readonly forMs: number;
  readonly waitMs: number;
};

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.constantFrom(
    ...['kill', 'freeze', 'cut', 'isolate', 'database', 'reconnect', 'start', 'drain', 'refuse'],
  ),
  who: fc.nat(5),
  forMs: fc.constantFrom(50, 1_000, 5_000, 20_000, 70_000, 130_000),
  waitMs: fc.constantFrom(0, 30, 200, 900, 5_000, 30_000),
});

function happen(world: ShardWorld, { kind, who, forMs }: Fault): void {
  const alive = world.processes.filter(({ isAlive, own }) => isAlive && !own.isDraining);
  const process = alive[who % Math.max(1, alive.length)];
  if (kind === 'database') world.stopDatabase(forMs);
  if (kind === 'reconnect') world.reconnectAll();
  if (kind === 'refuse') world.refusesResume = !world.refusesResume;
  if (kind === 'start' && alive.length < 6) world.start();
  if (!process) return;
  if (kind === 'freeze') world.freeze(process, forMs);
  if (kind === 'cut') world.cut(process);
  if (kind === 'isolate') world.isolate(process, forMs);
  if (kind === 'drain' && alive.length > 1) world.drain(process);
  if (kind === 'kill') {
    world.kill(process);
    world.later(forMs / 10, () => world.start());
  }
}

test('whatever happens, no shard has two owners, and in the end each has one, evenly shared', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fault, { minLength: 1, maxLength: 12 }),
      (shards, processes, faults) => {
        const world = started(shards, processes);
        for (const one of faults) {
          happen(world, one);
          world.pass(one.waitMs);
        }
        world.refusesResume = false;
        world.pass(400_000);
        expect(world.doubled).toBeUndefined();
        expect(served(world)).toEqual(Array.from({ length: shards }, (_, id) => id));
        const loads = [...world.serving()]
          .filter(([id]) => !world.processes.find((one) => one.id === id)?.own.isDraining)
          .map(([, { length }]) => length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: runs(40) },
  );
});
