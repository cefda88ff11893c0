import { expect, test } from 'vitest';
import { PreemptiveBudget } from '#src/session/answering/preemptive-budget.ts';

test('nothing is wasted in the beginning, and answers may be prepared', () => {
  const waste = new PreemptiveBudget();
  expect(waste.allows).toBe(true);
  expect(waste.share).toBe(0);
});

test('more than 15 % in vain ends it, until wanted answers have made up for it', () => {
  const waste = new PreemptiveBudget();
  waste.use(10_000);
  waste.lose(1_500);
  expect(waste.allows).toBe(true);
  waste.lose(500);
  expect(waste.allows).toBe(false);
  expect(waste.share).toBeCloseTo(2_000 / 12_000);
  waste.use(4_000);
  expect(waste.allows).toBe(true);
});

test('a first false start of usual size is forgiven', () => {
  const waste = new PreemptiveBudget();
  waste.lose(500);
  expect(waste.allows).toBe(true);
  waste.lose(500);
  expect(waste.allows).toBe(false);
});

test('what was wasted more than fifty turns ago is forgotten', () => {
  const waste = new PreemptiveBudget();
  waste.lose(100_000);
  for (let turn = 0; turn < 49; turn++) {
    waste.turn();
    waste.use(100);
    expect(waste.allows).toBe(false);
  }
  waste.turn();
  expect(waste.allows).toBe(true);
  expect(waste.share).toBe(0);
});
