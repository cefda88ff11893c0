import { type InvariantNumber, invariants } from './invariant-list.ts';
import { testFailingCalls, testSeeds } from './seed-tests.ts';

const asked = testSeeds(21, 140);
testFailingCalls([2, 3]);

test('those seeds ask every invariant', () => {
  const never = Object.keys(invariants).filter(
    (one) => !asked.has(Number(one) as InvariantNumber),
  );
  expect(never).toEqual([]);
});
