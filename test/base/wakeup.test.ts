import { expect, test } from 'vitest';
import { Wakeup } from '#src/base/wakeup.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

function waiting(ms: number) {
  const clock = new VirtualClock();
  const wakeup = new Wakeup(clock);
  const ends: { readonly atMs: number; readonly isWoken: boolean }[] = [];
  const wait = async (waitMs = ms) => {
    const isWoken = await wakeup.wait(waitMs);
    ends.push({ atMs: clock.nowMs(), isWoken });
  };
  return { clock, wakeup, ends, wait };
}

test('a wait ends at its deadline', async () => {
  const { clock, ends, wait } = waiting(100);
  void wait();
  await clock.advance(1_000);
  expect(ends).toEqual([{ atMs: 100, isWoken: false }]);
});

test('who is woken goes on at once, and the timer of the deadline is gone', async () => {
  const { clock, wakeup, ends, wait } = waiting(100);
  void wait();
  await clock.advance(30);
  wakeup.wake();
  await settled();
  expect(ends).toEqual([{ atMs: 30, isWoken: true }]);
  expect(clock.sleeping).toBe(0);
});

test('without a deadline no timer runs', async () => {
  const { clock, wakeup, ends, wait } = waiting(Number.POSITIVE_INFINITY);
  void wait();
  await clock.advance(86_400_000);
  expect([clock.sleeping, ends]).toEqual([0, []]);
  wakeup.wake();
  await settled();
  expect(ends).toHaveLength(1);
});

test('what was woken during the step before is told after the wait, which lasts all the same', async () => {
  const { clock, wakeup, ends, wait } = waiting(100);
  wakeup.wake();
  void wait();
  await clock.advance(50);
  expect(ends).toEqual([]);
  await clock.advance(100);
  void wait();
  await clock.advance(100);
  expect(ends.map(({ isWoken }) => isWoken)).toEqual([true, false]);
});

test('a wait can be ended without anybody being woken, and a later one is not', async () => {
  const { clock, wakeup, ends, wait } = waiting(100);
  void wait();
  await clock.advance(30);
  wakeup.end();
  await settled();
  wakeup.end();
  void wait();
  await clock.advance(100);
  expect(ends).toEqual([
    { atMs: 30, isWoken: false },
    { atMs: 130, isWoken: false },
  ]);
});
