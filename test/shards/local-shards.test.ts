import { expect, test } from 'vitest';
import { IdentifyThrottle, identifySpacingMs } from '#src/shards/identify-throttle.ts';
import { LocalShards } from '#src/shards/local-shards.ts';
import { type OwnedShard, shardOf } from '#src/shards/ownership.ts';
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
  await new LocalShards(wanted, limits, new VirtualClock()).open(host);
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
  const throttle = new IdentifyThrottle(clock, 2);
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
