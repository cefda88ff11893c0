import { expect, test } from 'vitest';
import { type Greeting, type GreetingMoment, stepGreeting } from '#src/turn/greeting.ts';

const quiet = { atMs: 0, talking: false, busy: false, sounds: false };
const waiting: Greeting = { kind: 'waiting', fromMs: 0 };
const due: Greeting = { kind: 'due', fromMs: 0 };

const step = (greeting: Greeting, moment: Partial<GreetingMoment>) =>
  stepGreeting(greeting, { ...quiet, ...moment });

test('a greeting is said after half a second in which nobody talks', () => {
  expect(step(waiting, { atMs: 499 })).toEqual([waiting]);
  expect(step(waiting, { atMs: 500 })).toEqual([due, 'say']);
});

test.each([{ talking: true }, { busy: true }])('no greeting is begun where %o', (moment) => {
  expect(step(waiting, { atMs: 500, ...moment })).toEqual([{ kind: 'over' }]);
});

test('a greeting without sound is dropped when somebody talks, or after ten seconds', () => {
  expect(step(due, { atMs: 900 })).toEqual([due]);
  expect(step(due, { atMs: 900, talking: true })).toEqual([{ kind: 'over' }, 'drop']);
  expect(step(due, { atMs: 9_999 })).toEqual([due]);
  expect(step(due, { atMs: 10_000 })).toEqual([{ kind: 'over' }, 'drop']);
});

test('once a greeting sounds it is said to its end', () => {
  expect(step(due, { atMs: 900, talking: true, sounds: true })).toEqual([{ kind: 'over' }]);
  expect(step({ kind: 'over' }, { atMs: 900 })).toEqual([{ kind: 'over' }]);
});
