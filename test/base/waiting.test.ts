import { expect, onTestFinished, test } from 'vitest';
import { deadlineSignal, ifInTime, unlessAborted, within } from '#src/base/waiting.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;
const left = new Error('left');
const late = new Error('late');
const broken = new Error('broken');
const forever = new Promise<never>(() => {});

/** What fails without anybody to be told, from now to the end of the test. */
function unhandled(): readonly unknown[] {
  const reasons: unknown[] = [];
  const onRejection = (reason: unknown) => reasons.push(reason);
  process.on('unhandledRejection', onRejection);
  onTestFinished(() => {
    process.off('unhandledRejection', onRejection);
  });
  return reasons;
}

test('work that ends before its signal is aborted is the result, success or failure', async () => {
  expect(await unlessAborted(Promise.resolve('done'), never)).toBe('done');
  await expect(unlessAborted(Promise.reject(broken), never)).rejects.toBe(broken);
});

test('an abort ends the wait at once, with the reason of the signal', async () => {
  const caller = new AbortController();
  const waiting = unlessAborted(forever, caller.signal);
  caller.abort(left);
  await expect(waiting).rejects.toBe(left);
});

test('a signal aborted before the wait wins over work that is already done', async () => {
  await expect(unlessAborted(Promise.resolve('done'), AbortSignal.abort(left))).rejects.toBe(left);
});

test('a signal aborted before the wait wins over work that has already failed', async () => {
  await expect(unlessAborted(Promise.reject(broken), AbortSignal.abort(left))).rejects.toBe(left);
});

test('work that is done when the wait begins wins over an abort after that', async () => {
  const caller = new AbortController();
  const waiting = unlessAborted(Promise.resolve('done'), caller.signal);
  caller.abort(left);
  expect(await waiting).toBe('done');
});

test('work that fails after an abort is not an unhandled rejection', async () => {
  const reasons = unhandled();
  for (const isEarly of [true, false]) {
    const work = Promise.withResolvers<never>();
    const caller = new AbortController();
    if (isEarly) caller.abort(left);
    const waiting = unlessAborted(work.promise, caller.signal);
    caller.abort(left);
    await expect(waiting).rejects.toBe(left);
    work.reject(broken);
    await settled();
  }
  expect(reasons).toEqual([]);
});

test('an abort after the wait is nobody’s unhandled rejection', async () => {
  const reasons = unhandled();
  const caller = new AbortController();
  expect(await unlessAborted(Promise.resolve('done'), caller.signal)).toBe('done');
  caller.abort(left);
  await settled();
  expect(reasons).toEqual([]);
});

test('work in time is the result, and nobody sleeps on', async () => {
  const clock = new VirtualClock();
  const work = Promise.withResolvers<string>();
  const waiting = within(work.promise, 100, clock, () => late);
  await clock.advance(99);
  work.resolve('done');
  expect(await waiting).toBe('done');
  await settled();
  expect(clock.sleeping).toBe(0);
});

test('work that takes too long throws what was asked for, and may fail later unnoticed', async () => {
  const reasons = unhandled();
  const clock = new VirtualClock();
  const work = Promise.withResolvers<never>();
  const waiting = within(work.promise, 100, clock, () => late);
  await Promise.all([expect(waiting).rejects.toBe(late), clock.advance(100)]);
  work.reject(broken);
  await settled();
  expect(reasons).toEqual([]);
});

test('work that is already done is in time, even with no time left', async () => {
  const clock = new VirtualClock();
  expect(await within(Promise.resolve('done'), 0, clock, () => late)).toBe('done');
});

test('what may come late or not at all is undefined after its time', async () => {
  const clock = new VirtualClock();
  const waiting = ifInTime(forever, 100, clock, never);
  await clock.advance(100);
  expect(await waiting).toBeUndefined();
});

test('what may come late still fails, and still ends with its signal', async () => {
  const clock = new VirtualClock();
  await expect(ifInTime(Promise.reject(broken), 100, clock, never)).rejects.toBe(broken);
  await expect(ifInTime(forever, 100, clock, AbortSignal.abort(left))).rejects.toBe(left);
});

test('a deadline aborts its signal at its time, and never once it is disposed of', async () => {
  const clock = new VirtualClock();
  const kept = deadlineSignal(100, clock, () => late);
  const disposed = deadlineSignal(100, clock, () => late);
  await clock.advance(99);
  expect(kept.signal.aborted).toBe(false);
  disposed[Symbol.dispose]();
  await clock.advance(1);
  expect(kept.signal.reason).toBe(late);
  expect(disposed.signal.aborted).toBe(false);
});
