import { toFigures } from './endpointing-report.ts';
import { judgeScenarios, openWorkshop, playScenarios } from './scenario-runs.ts';
import { scenarioKinds } from './turn-scenarios.ts';
import { readScenarios } from './voice-clips.ts';

const workshop = await openWorkshop();

test('some scenarios of every kind are heard to their end, and most are not cut off', async () => {
  const scenarios = await readScenarios();
  const few = scenarioKinds.flatMap((kind) =>
    scenarios.filter((scenario) => scenario.kind === kind).slice(0, 2),
  );
  const sounds = await playScenarios(few, workshop);
  const { unended, cutOffPercent, waitMs } = toFigures(
    judgeScenarios(sounds, workshop),
  );
  expect(unended).toBe(0);
  expect(cutOffPercent).toBeLessThan(40);
  expect(waitMs).toBeLessThan(800);
});
