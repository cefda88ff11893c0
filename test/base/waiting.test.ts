import { getEventListeners } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  controllerUnder,
  deadlineSignal,
  ifInTime,
  StreamDeadline,
  unlessAborted,
  within,
} from '#src/base/waiting.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;
const left = new Error('left');
const late = new Error('late');
const broken = new Error('broken');
const forever = new Promise<never>(() => {});

/** Reasons of unhandled rejections, from now to the end of the test. */
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

test('a thousand waits in a row, one of which comes too late, take a few timers', async () => {
  const clock = new VirtualClock();
  const later = vi.spyOn(clock, 'later');
  using deadline = new StreamDeadline(clock);
  for (let n = 0; n < 1_000; n++) {
    const work = Promise.withResolvers<number>();
    const waiting = deadline.within(work.promise, 1_000, () => late);
    await clock.advance(5);
    work.resolve(n);
    expect(await waiting).toBe(n);
  }
  expect(later.mock.calls.length).toBeLessThanOrEqual(6); // 5 s
  const waiting = deadline.within(forever, 1_000, () => late);
  const outcome = waiting.catch((error: unknown) => error);
  await clock.advance(999);
  expect(await Promise.race([outcome, settled()])).toBeUndefined();
  await clock.advance(1);
  expect(await outcome).toBe(late);
  expect(clock.sleeping).toBe(0);
});

test('a wait that is shorter than the one before it ends in time', async () => {
  const clock = new VirtualClock();
  using deadline = new StreamDeadline(clock);
  await deadline.within(Promise.resolve(), 1_000, () => late);
  const waiting = expect(deadline.within(forever, 100, () => late)).rejects.toBe(late);
  await clock.advance(100);
  await waiting;
});

test('time in which nobody waits counts for no deadline, and disposed of it holds no timer', async () => {
  const clock = new VirtualClock();
  const deadline = new StreamDeadline(clock);
  await deadline.within(Promise.resolve(), 100, () => late);
  await clock.advance(10_000);
  expect(await deadline.within(Promise.resolve('done'), 0, () => late)).toBe('done');
  await expect(deadline.within(Promise.reject(broken), 100, () => late)).rejects.toBe(broken);
  deadline[Symbol.dispose]();
  expect(clock.sleeping).toBe(0);
});

test('work of a stream that fails after its deadline is not an unhandled rejection', async () => {
  const reasons = unhandled();
  const clock = new VirtualClock();
  using deadline = new StreamDeadline(clock);
  const work = Promise.withResolvers<never>();
  const waiting = expect(deadline.within(work.promise, 100, () => late)).rejects.toBe(late);
  await clock.advance(100);
  await waiting;
  work.reject(broken);
  await settled();
  expect(reasons).toEqual([]);
});

test('a controller under a signal is aborted with it, and listens no more once it is aborted itself', () => {
  const caller = new AbortController();
  const [kept, over] = [controllerUnder(caller.signal), controllerUnder(caller.signal)];
  over.abort(broken);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
  caller.abort(left);
  expect([kept.signal.reason, over.signal.reason]).toEqual([left, broken]);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  expect(controllerUnder(caller.signal).signal.reason).toBe(left);
});
