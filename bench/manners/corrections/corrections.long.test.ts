import { expect, test } from 'vitest';
import { playCorrection, readCorrections } from './corrections.ts';

const scenarios = await readCorrections();

test('whoever corrects themselves is answered to the last value, and hears no answer begun to the first', async () => {
  expect(scenarios).toHaveLength(50);
  const faults: string[] = [];
  for (const scenario of scenarios) faults.push(...(await playCorrection(scenario)).faults);
  expect(faults).toEqual([]);
});
