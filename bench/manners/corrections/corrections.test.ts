import { expect, test } from 'vitest';
import { playCorrection, readCorrections } from './corrections.ts';

const [scenario] = await readCorrections();

test.each([
  ['in one breath', 0, 'streaming'],
  ['after a pause in which an answer is begun', 260, 'streaming'],
  ['after the answer has begun', 800, 'misheard'],
] as const)('a correction %s is what is answered', async (_when, pauseMs, recogniser) => {
  if (!scenario) throw new Error('There are no scenes.');
  const { heard, faults } = await playCorrection({ ...scenario, pauseMs, recogniser });
  expect(faults).toEqual([]);
  const last = heard.at(-1)?.asked.texts.join(' ');
  expect(last).toBe(`${scenario.first} ${scenario.rest}`);
});

test('a bot that answers the first value is noticed', async () => {
  if (!scenario) throw new Error('There are no scenes.');
  const { faults } = await playCorrection({ ...scenario, value: 'Sunday' });
  expect(faults).toHaveLength(2);
});
