import { type InvariantNumber, invariants } from './invariant-list.ts';
import { testFailingCalls, testSeeds } from './seed-tests.ts';

const request = testSeeds(6, 140);
testFailingCalls([2, 3]);

test('those seeds ask every invariant', () => {
  const never = Object.keys(invariants).filter(
    (invariant) => !request.has(Number(invariant) as InvariantNumber),
  );
  expect(never).toEqual([]);
});
