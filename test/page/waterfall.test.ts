import { measureStages } from '#page/room/waterfall.js';

const instants = {
  heardAtMs: 1_000,
  endedAtMs: 1_180,
  recognisedAtMs: 1_140,
  firstTokenAtMs: 1_220,
  firstClauseAtMs: 1_240,
  firstSpeechAtMs: 1_290,
  firstSentAtMs: 1_310,
};

test('an answer has its seven stages in order of time, each beginning where the one before it ended', () => {
  const { totalMs, stages, longest } = measureStages(instants, 1_400);
  expect(totalMs).toBe(400);
  expect(stages.map(({ name, afterMs }) => `${name} ${afterMs}`)).toEqual([
    'page.stage.recognised 140',
    'page.stage.ended 180',
    'page.stage.token 220',
    'page.stage.clause 240',
    'page.stage.speech 290',
    'page.stage.sent 310',
    'page.stage.heard 400',
  ]);
  expect(stages.at(0)).toMatchObject({ from: 0, to: 0.35 });
  expect(stages.at(1)).toMatchObject({ from: 0.35, to: 0.45 });
  expect(longest?.faster).toMatchObject({
    with: { setting: 'TRANSCRIPTION_BASE_URL' },
  });
  expect(stages.at(-1)).toMatchObject({ from: 0.775, to: 1 });
});

test('a stage that did not happen has no bar, and neither has a moment before the first packet', () => {
  const { totalMs, stages } = measureStages({ heardAtMs: 10, firstSentAtMs: 60 }, 40);
  expect([totalMs, stages.map(({ name }) => name)]).toEqual([50, ['page.stage.sent']]);
});

test('an instant before the last syllable has a bar of no length at the left', () => {
  const { stages } = measureStages(
    { heardAtMs: 100, recognisedAtMs: 60, endedAtMs: 200 },
    undefined,
  );
  expect(stages).toMatchObject([
    { name: 'page.stage.recognised', afterMs: -40, from: 0, to: 0 },
    { name: 'page.stage.ended', afterMs: 100, from: 0, to: 1 },
  ]);
});
