import { expect, test, vi } from 'vitest';
import { realClock } from '#src/base/clock.ts';

const open = new AbortController().signal;

test('the clock never runs backwards', () => {
  const readings = Array.from({ length: 100 }, () => realClock.nowMs());
  expect(readings).toEqual(readings.toSorted((a, b) => a - b));
});

test('a sleep into the past ends at once', async () => {
  await realClock.sleep(-1000, open);
});

test('an aborted sleep throws the reason of its signal, asleep or not', async () => {
  const reason = new Error('woken');
  await expect(realClock.sleep(0, AbortSignal.abort(reason))).rejects.toBe(reason);
  const waking = new AbortController();
  const sleep = realClock.sleep(60_000, waking.signal);
  waking.abort(reason);
  await expect(sleep).rejects.toBe(reason);
});

test('a sleep of a month, or for ever, does not end at once', async () => {
  const waking = new AbortController();
  const woken: string[] = [];
  const sleeps = [2 ** 31, Number.POSITIVE_INFINITY].map((ms) =>
    realClock.sleep(ms, waking.signal).catch(() => woken.push('by us')),
  );
  await realClock.sleep(5, open);
  expect(woken).toEqual([]);
  waking.abort();
  await Promise.all(sleeps);
  expect(woken).toEqual(['by us', 'by us']);
});

test('a timer runs for the nearest whole ms, which Node would cut', () => {
  const started = vi.spyOn(globalThis, 'setTimeout');
  realClock.later(19.7, () => undefined)();
  realClock.later(19.4, () => undefined)();
  expect(started.mock.calls.map(([, ms]) => ms)).toEqual([20, 19]);
  started.mockRestore();
});
