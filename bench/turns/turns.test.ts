import { expect, test } from 'vitest';
import { readScenarios } from './clips.ts';
import { kinds } from './plan.ts';
import { figuresOf } from './report.ts';
import { judgeAll, listenToNoise, openWorkshop, playScenarios } from './runs.ts';

const workshop = await openWorkshop();

test('some scenarios of every kind are heard to their end, and most are not cut off', async () => {
  const scenarios = await readScenarios();
  const few = kinds.flatMap((kind) =>
    scenarios.filter((scenario) => scenario.kind === kind).slice(0, 2),
  );
  const sounds = await playScenarios(few, workshop);
  const { unheard, cutOffPercent, waitMs } = figuresOf(judgeAll(sounds, 'text', workshop));
  expect(unheard).toBe(0);
  expect(cutOffPercent).toBeLessThan(40);
  expect(waitMs).toBeLessThan(800);
});

test('somebody who types says nothing', () => {
  expect(listenToNoise('keyboard', 10, workshop).turns).toBe(0);
});
