import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readClips, readScenarios, scenariosFolder } from './clips.ts';
import { kinds, planScenarios, type ScenarioKind } from './plan.ts';

/** Scenes may be added, never removed. */
const least: Readonly<Record<ScenarioKind, number>> = {
  one: 110,
  inner: 40,
  digits: 20,
  hesitation: 20,
  two: 10,
};

test('the scenarios on the disk are those that the sentences and seed 1 give', async () => {
  const sentences = JSON.parse(await readFile(`${scenariosFolder}/sentences.json`, 'utf8'));
  const { scenarios, lines } = planScenarios(sentences, 1);
  expect(await readScenarios()).toEqual(scenarios);
  const clips = await readClips();
  expect([...clips.values()].map(({ id, say }) => [id, say]).sort()).toEqual(
    [...lines].map(([id, { say }]) => [id, say]).sort(),
  );
});

test('there are at least 200 scenarios, in the mix of spoken requests', async () => {
  const scenarios = await readScenarios();
  for (const kind of kinds) {
    const count = scenarios.filter((scenario) => scenario.kind === kind).length;
    expect(count, kind).toBeGreaterThanOrEqual(least[kind]);
  }
});
