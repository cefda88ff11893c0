import { readFileSync } from 'node:fs';
import { pipelineNames } from '#src/pipeline/pipeline.ts';
import { faultAreas } from '#test/planted/fault-areas.ts';
import { createHeardBook } from './heard-book.ts';
import { runFaults } from './run-faults.ts';
import { scriptMinutes, testSeeds } from './seed-tests.ts';
import { formatTest, shrinkActs, simulateScript } from './simulate.ts';
import { sceneGroups } from './simulated-scenes.ts';
import { makeScript } from './simulated-script.ts';
import { planWorld } from './world-plan.ts';

function seedsTo(last: number) {
  return Array.from({ length: last }, (_, n) => n + 1);
}

// The long tests play further seeds, and let calls fail.
testSeeds(1, 2);

test('a seed is played the same each time', async () => {
  const acts = makeScript(7, scriptMinutes);
  expect(await simulateScript({ seed: 7, acts })).toEqual(
    await simulateScript({ seed: 7, acts }),
  );
});

test('a failing script shrinks to fewer acts that break the same invariant', async () => {
  const fault = runFaults.at(-1);
  for (const seed of seedsTo(200)) {
    const options = { ...fault, seed, acts: makeScript(seed, scriptMinutes) };
    const { failure } = await simulateScript(options);
    if (failure === undefined) continue;
    const least = await shrinkActs(options, failure);
    const again = await simulateScript({ ...options, acts: least });
    expect(least.length).toBeLessThanOrEqual(3);
    expect(again.failure?.split(':')[0]).toBe(failure.split(':')[0]);
    expect(formatTest(options, least)).toContain(`seed: ${seed}`);
    return;
  }
  expect.fail('No seed finds the planted fault.');
});

test('each planted fault has an id of its own, by which it is planted', () => {
  const ids = Object.values(faultAreas).flatMap((faults) => faults.map(({ id }) => id));
  expect(ids).toEqual([...new Set(ids)]);
});

test.each(Object.values(faultAreas).flat())(
  'a fault can be planted: $meaning',
  ({ file, from }) => expect(readFileSync(file, 'utf8').split(from)).toHaveLength(2),
);

test('each part of the world exists for some seeds, and not for others', () => {
  const plans = seedsTo(200).map(planWorld);
  for (const group of sceneGroups) {
    const playing = plans.filter(({ scenes }) => scenes.has(group)).length;
    expect([playing > 0, playing < 150], group).toEqual([true, true]);
  }
  expect(new Set(plans.map(({ pipeline }) => pipeline))).toEqual(
    new Set(pipelineNames),
  );
  expect(Math.max(...plans.map(({ people }) => people.length))).toBe(8);
  expect(plans.some(({ isStage }) => isStage)).toBe(true);
});

test('words are known as heard once they have left, whole or in part, and not before', () => {
  const book = createHeardBook();
  const [first, second] = [
    book.beginText('The bridge is long.'),
    book.beginText('It is made of old stone.'),
  ];
  for (const text of [first, second]) Object.assign(text, { ms: 1_000, isMade: true });
  for (let n = 0; n < 60; n++)
    book.noteLeft(
      { slot: (n < 50 ? first : second).number, isDucked: false },
      20 * n,
      7,
    );
  expect(book.findMismatch(7, 'The bridge is long. It is')).toBeUndefined();
  expect(book.findMismatch(7, 'It is')).toContain('The bridge is long.');
  expect(
    book.findMismatch(7, 'The bridge is long. It is made of old stone.'),
  ).toContain('10 words');
});
