import { expect, test } from 'vitest';
import { joinsFrom, stepJoins } from '#src/people/join-announcements.ts';

/** Announcements at each of these checks. */
function reportOf(...checks: readonly (readonly [atMs: number, ...hereIds: string[]])[]) {
  let state = joinsFrom(['ana']);
  return checks.map(([atMs, ...hereIds]) => {
    const [next, ids] = stepJoins(state, { atMs, hereIds, mayAnnounce: (id) => id !== 'no' });
    state = next;
    return ids;
  });
}

test('people who come within a moment are told of together, those who were there not at all', () => {
  const checks = reportOf(
    [0, 'ana'],
    [100, 'ana', 'ben'],
    [900, 'ana', 'ben', 'eva'],
    [1_600, 'ana', 'ben', 'eva'],
  );
  expect(checks).toEqual([[], [], [], ['ben', 'eva']]);
});

test('somebody who did not agree, or has gone again, is not told of', () => {
  expect(reportOf([0, 'ana', 'no', 'ben'], [500, 'ana', 'no'], [5_000, 'ana', 'no'])).toEqual([
    [],
    [],
    [],
  ]);
});

test('somebody who comes and goes is told of once a minute', () => {
  const checks = reportOf(
    ...([[0, 'ben'], [1_500, 'ben'], [2_000], [3_000, 'ben'], [9_000, 'ben']] as const),
    ...([[61_000], [62_000, 'ben'], [63_500, 'ben']] as const),
  );
  expect(checks.flat()).toEqual(['ben', 'ben']);
});
