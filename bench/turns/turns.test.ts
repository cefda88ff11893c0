import { expect, test } from 'vitest';
import { readScenes } from './clips.ts';
import { kinds } from './plan.ts';
import { figuresOf } from './report.ts';
import { judgeAll, listenToNoise, openWorkshop, playScenes } from './runs.ts';

const workshop = await openWorkshop();

test('some scenes of every kind are heard to their end, and most are not cut off', async () => {
  const scenes = await readScenes();
  const few = kinds.flatMap((kind) => scenes.filter((scene) => scene.kind === kind).slice(0, 2));
  const sounds = await playScenes(few, workshop);
  const { unheard, cutOffPercent, waitMs } = figuresOf(judgeAll(sounds, 'text', workshop));
  expect(unheard).toBe(0);
  expect(cutOffPercent).toBeLessThan(40);
  expect(waitMs).toBeLessThan(800);
});

test('somebody who types says nothing', () => {
  expect(listenToNoise('keyboard', 10, workshop).turns).toBe(0);
});
