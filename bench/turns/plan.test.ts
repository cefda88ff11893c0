import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readClips, readScenes, scenesFolder } from './clips.ts';
import { kinds, planScenes, type SceneKind } from './plan.ts';

/** Scenes may be added, never removed. */
const least: Readonly<Record<SceneKind, number>> = {
  one: 110,
  inner: 40,
  digits: 20,
  hesitation: 20,
  two: 10,
};

test('the scenes on the disk are those that the sentences and seed 1 give', async () => {
  const sentences = JSON.parse(await readFile(`${scenesFolder}/sentences.json`, 'utf8'));
  const { scenes, lines } = planScenes(sentences, 1);
  expect(await readScenes()).toEqual(scenes);
  const clips = await readClips();
  expect([...clips.values()].map(({ id, say }) => [id, say]).sort()).toEqual(
    [...lines].map(([id, { say }]) => [id, say]).sort(),
  );
});

test('there are at least 200 scenes, in the mix of spoken requests', async () => {
  const scenes = await readScenes();
  for (const kind of kinds) {
    const count = scenes.filter((scene) => scene.kind === kind).length;
    expect(count, kind).toBeGreaterThanOrEqual(least[kind]);
  }
});
