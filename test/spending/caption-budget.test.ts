import { expect, test } from 'vitest';
import { nothing } from '#src/spending/caps.ts';
import { captionStepOf, usedBudgetText } from '#src/spending/caption-budget.ts';
import { dollars, minutes } from '#test/fakes/spending.ts';

const priced = { kind: 'priced', usd: { perMinute: 0.01 } } as const;
const caps = { serverDay: dollars(2), serverMonth: nothing, captionsDayMs: 100 * 60_000 };

test('captions may take half of the money of a day, and so many minutes, whichever comes first', () => {
  const step = (usd: number, mins: number) =>
    captionStepOf({ nanoUsd: usd * 1e9, ms: mins * 60_000 }, caps, priced);
  expect([step(0.79, 79), step(0.8, 0), step(0, 80)]).toEqual(['full', 'warned', 'warned']);
  expect([step(1, 0), step(0, 100)]).toEqual(['used', 'used']);
});

test('no minutes are no cap, nor is any where recognising costs nothing', () => {
  const spent = { ...minutes(10_000), nanoUsd: 0 };
  expect(captionStepOf(spent, { ...caps, captionsDayMs: 0 }, priced)).toBe('full');
  expect(captionStepOf(spent, caps, { kind: 'free' })).toBe('full');
  expect(captionStepOf(spent, caps, { kind: 'priced', usd: { perMinute: 0 } })).toBe('full');
  expect(captionStepOf(spent, caps, { kind: 'unpriced' })).toBe('ended');
});

test('captions take what is left of the server only where a cap of the server ends that', () => {
  const spent = { ...minutes(10_000), nanoUsd: 0 };
  const none = { serverDay: nothing, serverMonth: nothing, captionsDayMs: 60_000 };
  expect(captionStepOf(spent, none, priced)).toBe('ended');
  expect(captionStepOf(spent, { ...none, serverMonth: dollars(9) }, priced)).toBe('used');
  const timed = { ...none, serverDay: minutes(600) };
  expect(captionStepOf(spent, timed, { kind: 'unpriced' })).toBe('used');
});

test('only where captions go on they are promised', () => {
  expect(usedBudgetText(false, false, false)).toBe('budget.guild');
  expect(usedBudgetText(true, false, true)).toBe('budget.guild.month.captions');
  expect(usedBudgetText(false, true, true)).toBe('budget.quiet');
});
