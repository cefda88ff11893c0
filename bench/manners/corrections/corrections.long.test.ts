import { expect, test } from 'vitest';
import { playCorrection, readCorrections } from './corrections.ts';

const scenes = await readCorrections();

test('whoever corrects themselves is answered to the last value, and hears no answer begun to the first', async () => {
  expect(scenes).toHaveLength(50);
  const faults: string[] = [];
  for (const scene of scenes) faults.push(...(await playCorrection(scene)).faults);
  expect(faults).toEqual([]);
});
