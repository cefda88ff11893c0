import { expect, test } from 'vitest';
import { PreemptiveBudget } from '#src/spending/preemptive-budget.ts';

test('nothing is wasted in the beginning, and answers may be prepared', () => {
  const preemptiveBudget = new PreemptiveBudget();
  expect(preemptiveBudget.allows).toBe(true);
  expect(preemptiveBudget.share).toBe(0);
});

test('more than 15 % in vain ends it, until wanted answers have made up for it', () => {
  const preemptiveBudget = new PreemptiveBudget();
  preemptiveBudget.use(10_000);
  preemptiveBudget.lose(1_500);
  expect(preemptiveBudget.allows).toBe(true);
  preemptiveBudget.lose(500);
  expect(preemptiveBudget.allows).toBe(false);
  expect(preemptiveBudget.share).toBeCloseTo(2_000 / 12_000);
  preemptiveBudget.use(4_000);
  expect(preemptiveBudget.allows).toBe(true);
});

test('a first false start of usual size is forgiven', () => {
  const preemptiveBudget = new PreemptiveBudget();
  preemptiveBudget.lose(500);
  expect(preemptiveBudget.allows).toBe(true);
  preemptiveBudget.lose(500);
  expect(preemptiveBudget.allows).toBe(false);
});

test('what was wasted more than fifty turns ago is forgotten', () => {
  const preemptiveBudget = new PreemptiveBudget();
  preemptiveBudget.lose(100_000);
  for (let turn = 0; turn < 49; turn++) {
    preemptiveBudget.turn();
    preemptiveBudget.use(100);
    expect(preemptiveBudget.allows).toBe(false);
  }
  preemptiveBudget.turn();
  expect(preemptiveBudget.allows).toBe(true);
  expect(preemptiveBudget.share).toBe(0);
});
