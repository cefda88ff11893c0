import { expect, test } from 'vitest';
import {
  type CountedStarts,
  countedStarts,
  IdentifyThrottle,
  identifySpacingMs,
} from '#src/discord/shards/identify-limits.ts';
import { shardOf } from '#src/people/server-share.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;

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

test('a bucket that another process uses is waited for', async () => {
  const clock = new VirtualClock();
  let isFree = false;
  const takeBucket = async () => isFree;
  const throttle = new IdentifyThrottle({ clock, maxConcurrency: 1, takeBucket });
  let isGranted = false;
  void throttle.wait(0, never).then(() => {
    isGranted = true;
  });
  await clock.advance(5_000);
  expect(isGranted).toBe(false);
  isFree = true;
  await clock.advance(250);
  expect(isGranted).toBe(true);
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
