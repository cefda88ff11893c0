import { expect, test } from 'vitest';
import { Spans } from '#src/playback/reply/sentences.ts';

function spans(...all: readonly (readonly [number, number])[]): Spans {
  const done = new Spans();
  for (const [from, to] of all) done.add(from, to);
  return done;
}

test('what is done counts by its length between two places', () => {
  const done = spans([10, 20], [30, 40]);
  expect([done.within(0, 100), done.within(15, 35), done.within(20, 30)]).toEqual([20, 10, 0]);
});

test('places done twice count once, in whatever order they are done', () => {
  expect(spans([10, 20], [15, 25]).within(0, 100)).toBe(15);
  expect(spans([10, 30], [15, 25]).within(0, 100)).toBe(20);
  expect(spans([30, 40], [10, 20], [15, 35]).within(0, 100)).toBe(30);
  expect(spans([50, 60], [10, 20], [30, 40], [15, 35]).within(0, 45)).toBe(30);
  expect(spans([30, 40], [10, 20], [40, 50]).within(0, 100)).toBe(30);
});

test('a piece in front of all others is found again after more was added behind', () => {
  const done = spans([30, 40], [10, 20], [38, 50]);
  expect(done.within(0, 25)).toBe(10);
  expect(done.within(25, 100)).toBe(20);
});

test('what has no length is nothing done', () => {
  expect(spans([10, 10], [20, 15]).within(0, 100)).toBe(0);
});
