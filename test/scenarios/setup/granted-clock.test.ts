import { expect, test } from 'vitest';
import { VirtualClock } from '#test/fakes/clock.ts';
import { GrantedClock } from './granted-clock.ts';

test('time stands still at the granted instant, and goes on from there with the next grant', async () => {
  const real = new VirtualClock();
  const clock = new GrantedClock(real, { untilMs: 40, lagMs: 0 });
  const wallStartMs = clock.wallMs();
  await real.advance(30);
  expect(clock.nowMs()).toBe(30);
  await real.advance(1_000);
  expect([clock.nowMs(), clock.wallMs() - wallStartMs]).toEqual([40, 40]);
  clock.grant({ untilMs: 80, lagMs: 990 });
  expect(clock.nowMs()).toBe(40);
  await real.advance(10);
  expect([clock.nowMs(), clock.wallMs() - wallStartMs]).toEqual([50, 50]);
});

test('a timer that is due later than the granted instant runs when that instant is granted', async () => {
  const real = new VirtualClock();
  const clock = new GrantedClock(real, { untilMs: 40, lagMs: 0 });
  const ran: string[] = [];
  clock.later(30, () => ran.push('granted'));
  clock.later(60, () => ran.push('later'));
  clock.later(60, () => ran.push('forgotten'))();
  const sleeping = clock.sleep(60, new AbortController().signal).then(() => ran.push('slept'));
  await real.advance(1_000);
  expect(ran).toEqual(['granted']);
  clock.grant({ untilMs: 80, lagMs: 960 });
  await real.advance(18);
  expect(ran).toEqual(['granted']);
  await real.advance(2);
  await sleeping;
  expect(ran).toEqual(['granted', 'later', 'slept']);
});

test('a sleep that is aborted throws the reason of its caller, also while time stands still', async () => {
  const real = new VirtualClock();
  const clock = new GrantedClock(real, { untilMs: 40, lagMs: 0 });
  const caller = new AbortController();
  const sleeping = clock.sleep(100, caller.signal);
  await real.advance(1_000);
  const reason = new Error('left');
  caller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});
