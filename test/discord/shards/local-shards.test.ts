import { expect, test } from 'vitest';
import {
  type CountedStarts,
  countedStarts,
  IdentifyThrottle,
} from '#src/discord/shards/identify-limits.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;

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
