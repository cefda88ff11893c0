import { expect, test } from 'vitest';
import { add, fits, isAtLeast, laterStep, shareOf, stepOf } from '#src/spending/caps.ts';

const cap = { nanoUsd: 1_000, ms: 100 };

test('money and time are added each by itself', () => {
  expect(add({ nanoUsd: 1, ms: 20 }, { nanoUsd: 4, ms: 3 })).toEqual({ nanoUsd: 5, ms: 23 });
});

test('what reaches a cap exactly fits, of money and of time', () => {
  const spent = { nanoUsd: 900, ms: 90 };
  expect(fits(spent, { nanoUsd: 100, ms: 10 }, cap)).toBe(true);
  expect(fits(spent, { nanoUsd: 101, ms: 10 }, cap)).toBe(false);
  expect(fits(spent, { nanoUsd: 100, ms: 11 }, cap)).toBe(false);
});

test('of a part of a cap only that part may be spent, of money and of time', () => {
  const nothing = { nanoUsd: 0, ms: 0 };
  expect(fits({ nanoUsd: 500, ms: 50 }, nothing, cap, 0.5)).toBe(true);
  expect(fits({ nanoUsd: 501, ms: 0 }, nothing, cap, 0.5)).toBe(false);
  expect(fits({ nanoUsd: 0, ms: 51 }, nothing, cap, 0.5)).toBe(false);
});

test('a cap of money leaves time free, and a cap of time leaves money free', () => {
  expect(fits({ nanoUsd: 0, ms: 9e9 }, { nanoUsd: 0, ms: 1 }, { nanoUsd: 1, ms: 0 })).toBe(true);
  expect(fits({ nanoUsd: 9e9, ms: 0 }, { nanoUsd: 1, ms: 0 }, { nanoUsd: 0, ms: 1 })).toBe(true);
});

test('how much of the caps is spent is told by the one that is nearer', () => {
  expect(shareOf({ nanoUsd: 500, ms: 20 }, cap)).toBe(0.5);
  expect(shareOf({ nanoUsd: 100, ms: 70 }, cap)).toBe(0.7);
  expect(shareOf({ nanoUsd: 9, ms: 9 }, { nanoUsd: 0, ms: 0 })).toBe(0);
});

test('answers end at their part of a cap even where one would still fit the whole', () => {
  expect(stepOf({ nanoUsd: 500, ms: 0 }, cap, { nanoUsd: 400, ms: 0 }, 0.8)).toBe('captions');
  expect(stepOf({ nanoUsd: 500, ms: 0 }, cap, { nanoUsd: 300, ms: 0 }, 0.8)).toBe('full');
});

test('of two steps the later one counts, whichever comes first', () => {
  expect(laterStep('cheaper', 'captions')).toBe('captions');
  expect(laterStep('captions', 'cheaper')).toBe('captions');
  expect([isAtLeast('full', 'cheaper'), isAtLeast('cheaper', 'cheaper')]).toEqual([false, true]);
});
