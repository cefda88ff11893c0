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
    'Your words were recognised 140',
    'I noticed that you had finished 180',
    'The model began its answer 220',
    'Its first words were whole 240',
    'The voice began to speak them 290',
    'The sound left 310',
    'You heard it 400',
  ]);
  expect(stages.at(0)).toMatchObject({ from: 0, to: 0.35 });
  expect(stages.at(1)).toMatchObject({ from: 0.35, to: 0.45 });
  expect(longest?.faster).toContain('TRANSCRIPTION_BASE_URL');
  expect(stages.at(-1)).toMatchObject({ from: 0.775, to: 1 });
});

test('what did not happen has no bar, nor has what was heard before the first packet', () => {
  const { totalMs, stages } = measureStages({ heardAtMs: 10, firstSentAtMs: 60 }, 40);
  expect([totalMs, stages.map(({ name }) => name)]).toEqual([50, ['The sound left']]);
});

test('an instant before the last syllable has a bar of no length at the left', () => {
  const { stages } = measureStages(
    { heardAtMs: 100, recognisedAtMs: 60, endedAtMs: 200 },
    undefined,
  );
  expect(stages).toMatchObject([
    { name: 'Your words were recognised', afterMs: -40, from: 0, to: 0 },
    { name: 'I noticed that you had finished', afterMs: 100, from: 0, to: 1 },
  ]);
});
