import { expect, test } from 'vitest';
import { localShards } from '#src/app/shards/open-ownership.ts';
import {
  type CountedStarts,
  countedStarts,
  IdentifyThrottle,
  identifySpacingMs,
} from '#src/discord/shards/identify-limits.ts';
import type { OwnedShard } from '#src/discord/shards/ownership.ts';
import { shardOf } from '#src/people/server-share.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;

async function served(wanted: number | 'auto', recommendedShards: number): Promise<OwnedShard[]> {
  const started: OwnedShard[] = [];
  const host = {
    start: async (shard: OwnedShard) => void started.push(shard),
    stop: async () => undefined,
    fence: async () => 'refused' as const,
    seats: () => new Map<number, number>(),
  };
  const limits = { recommendedShards, maxConcurrency: 1 };
  const throttle = new IdentifyThrottle({ clock: new VirtualClock(), ...limits });
  await localShards(wanted, limits, throttle).open(host, never);
  return started;
}

test('a process that is alone serves as many shards as Discord recommends, or as it was told', async () => {
  expect((await served('auto', 3)).map(({ id, count }) => [id, count])).toEqual([
    [0, 3],
    [1, 3],
    [2, 3],
  ]);
  expect((await served(2, 16)).map(({ id, count }) => [id, count])).toEqual([
    [0, 2],
    [1, 2],
  ]);
});

test('a server belongs to the shard that Discord computes of its id', () => {
  expect(shardOf('197038439483310086', 1)).toBe(0);
  expect(shardOf('197038439483310086', 16)).toBe(Number((197038439483310086n >> 22n) % 16n));
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 64 }), (id, count) => {
      expect(shardOf(`${id}`, count)).toBe(Number((id >> 22n) % BigInt(count)));
    }),
    { numRuns: 100 },
  );
});

test('identifies of one bucket are spaced, those of others go at once', async () => {
  const clock = new VirtualClock();
  const throttle = new IdentifyThrottle({ clock, maxConcurrency: 2 });
  const identified: [id: number, atMs: number][] = [];
  const waits = [0, 1, 2, 3, 4].map(async (id) => {
    await throttle.wait(id, never);
    identified.push([id, clock.nowMs()]);
  });
  const startMs = clock.nowMs();
  await clock.advance(3 * identifySpacingMs);
  await Promise.all(waits);
  expect(identified.map(([id, atMs]) => [id, atMs - startMs])).toEqual([
    [0, 0],
    [1, 0],
    [2, identifySpacingMs],
    [3, identifySpacingMs],
    [4, 2 * identifySpacingMs],
  ]);
});

test('with 50 identifies left a process waits for the reset of Discord, says so, and counts on', async () => {
  const clock = new VirtualClock();
  const reported: number[] = [];
  const counted: CountedStarts[] = [];
  const answer = { total: 1_000, remaining: 52, resetAfterMs: 3_600_000 };
  const starts = countedStarts(answer, undefined, clock.wallMs());
  const throttle = new IdentifyThrottle({
    clock,
    maxConcurrency: 16,
    starts,
    onSpent: (waitMs) => reported.push(waitMs),
    onCount: (left) => counted.push(left),
  });
  let identified = 0;
  for (const id of [0, 1, 2]) void throttle.wait(id, never).then(() => identified++);
  await clock.advance(3_599_999);
  expect([identified, reported]).toEqual([2, [3_600_000]]);
  await clock.advance(1);
  expect(identified).toBe(3);
  expect(counted.map(({ remaining }) => remaining)).toEqual([51, 50, 999]);
});

test('a restart does not forget identifies that Discord has not counted yet', () => {
  const answer = { total: 1_000, remaining: 990, resetAfterMs: 5_000 };
  const known = { total: 1_000, remaining: 60, resetAtWallMs: 2_000 };
  expect(countedStarts(answer, known, 1_000)).toMatchObject({
    remaining: 60,
    resetAtWallMs: 6_000,
  });
  expect(countedStarts(answer, known, 2_000)).toMatchObject({ remaining: 990 });
});
