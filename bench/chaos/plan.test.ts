import { expect, test } from 'vitest';
import { faults } from '#bench/chaos/faults/faults.ts';
import { planOf } from './plan.ts';

const hourMs = 3_600_000;

test('the same seed gives the same plan, and another one another', () => {
  expect(planOf(7, hourMs, faults)).toEqual(planOf(7, hourMs, faults));
  expect(planOf(7, hourMs, faults).cycles).not.toEqual(planOf(8, hourMs, faults).cycles);
});

test('in an hour every fault comes, many of them in pairs, and none beside one of its kind', () => {
  const { cycles } = planOf(1, hourMs, faults);
  expect(new Set(cycles.flatMap((cycle) => cycle.faults)).size).toBe(faults.length);
  const pairs = cycles.filter((cycle) => cycle.faults.length === 2);
  expect(pairs.length).toBeGreaterThan(cycles.length / 4);
  const kindOf = (name: string) => faults.find((fault) => fault.name === name)?.kind;
  for (const { faults: pair } of pairs)
    expect(kindOf(pair[0] ?? '')).not.toBe(kindOf(pair[1] ?? ''));
});

test('a plan lasts as long as it should, and leaves everybody time to be answered', () => {
  const { cycles } = planOf(1, hourMs, faults);
  const lengthMs = cycles.reduce((sum, { forMs, restMs }) => sum + forMs + restMs, 0);
  expect(lengthMs).toBeGreaterThanOrEqual(hourMs);
  expect(lengthMs).toBeLessThan(hourMs + 60_000);
  for (const { restMs } of cycles) expect(restMs).toBeGreaterThan(15_000);
});

test('no two faults have one name', () => {
  expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
});
