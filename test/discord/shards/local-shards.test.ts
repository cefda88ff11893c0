import { IdentifyThrottle } from '#src/discord/shards/gateway-limits.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

test('with 50 identifies left a process waits for the reset of Discord and says so', async () => {
  const clock = new VirtualClock();
  const reported: number[] = [];
  const startLimit = { total: 1_000, remaining: 52, resetAfterMs: 3_600_000 };
  const throttle = new IdentifyThrottle({
    clock,
    maxConcurrency: 16,
    startLimit,
    onSpent: (waitMs) => reported.push(waitMs),
  });
  let identified = 0;
  for (const id of [0, 1, 2]) void throttle.wait(id, never).then(() => identified++);
  await clock.advance(3_599_999);
  expect([identified, reported]).toEqual([2, [3_600_000]]);
  await clock.advance(1);
  expect(identified).toBe(3);
});
