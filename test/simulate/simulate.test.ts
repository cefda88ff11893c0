import { expect, test } from 'vitest';
import { type InvariantNumber, Invariants, invariants } from './invariants.ts';
import { plantedFaults } from './planted-faults.ts';
import { scriptOf } from './script.ts';
import { shrink, simulate, testOf } from './simulate.ts';
import { portNames } from './world.ts';

/** Minutes of each script. Short ones meet as many situations in the same time. */
const minutes = 1;

function seedsTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, n) => n + 1);
}

test('200 seeds of talk hold every invariant', () => {
  const asked = new Set<InvariantNumber>();
  const findings = seedsTo(200).flatMap((seed) => {
    const judge = new Invariants();
    const acts = scriptOf(seed, minutes);
    const { failure } = simulate({ seed, acts, judge });
    for (const one of judge.asked) asked.add(one);
    if (failure === undefined) return [];
    return [`${failure}\n${testOf({ seed, acts }, shrink({ seed, acts }, failure))}`];
  });
  expect(findings).toEqual([]);
  const never = Object.keys(invariants).filter((one) => !asked.has(Number(one) as InvariantNumber));
  expect(never).toEqual([]);
});

test('a seed is played the same each time', () => {
  const acts = scriptOf(7, minutes);
  expect(simulate({ seed: 7, acts })).toEqual(simulate({ seed: 7, acts }));
});

test.each(portNames)('a failing call of the port %s holds every invariant', (port) => {
  const acts = scriptOf(1, minutes);
  for (const call of seedsTo(5)) {
    expect(simulate({ seed: 1, acts, failing: { port, call } }).failure).toBeUndefined();
  }
});

test.each(plantedFaults)('the judge finds that $name', (fault) => {
  const fails = (seed: number) =>
    simulate({ ...fault, seed, acts: scriptOf(seed, 5) }).failure !== undefined;
  expect(seedsTo(200).some(fails)).toBe(true);
});

test('a failing script shrinks to fewer acts that break the same invariant', () => {
  const [fault] = plantedFaults;
  const seed = seedsTo(200).find((one) => {
    return simulate({ seed: one, acts: scriptOf(one, minutes), ...fault }).failure !== undefined;
  });
  const options = { ...fault, seed: seed ?? 1, acts: scriptOf(seed ?? 1, minutes) };
  const failure = simulate(options).failure ?? '';
  const least = shrink(options, failure);
  expect(least.length).toBeLessThanOrEqual(3);
  expect(simulate({ ...options, acts: least }).failure?.split(':')[0]).toBe(failure.split(':')[0]);
  expect(testOf(options, least)).toContain(`seed: ${options.seed}`);
});
