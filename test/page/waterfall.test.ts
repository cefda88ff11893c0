import { expect, test } from 'vitest';
import { waterfall } from '#page/room/waterfall.js';

const instants = {
  heardAtMs: 1_000,
  endedAtMs: 1_180,
  recognisedAtMs: 1_140,
  firstTokenAtMs: 1_220,
  firstClauseAtMs: 1_240,
  firstSpeechAtMs: 1_290,
  firstSentAtMs: 1_310,
};

test('an answer has its eight stages in order of time, each beginning where the one before it ended', () => {
  const { totalMs, stages } = waterfall(instants, 1_400);
  expect(totalMs).toBe(400);
  expect(stages.map(({ name, afterMs }) => `${name} ${afterMs}`)).toEqual([
    'last syllable 0',
    'recognised 140',
    'ended 180',
    'first token 220',
    'first clause 240',
    'first speech 290',
    'first packet 310',
    'heard 400',
  ]);
  expect(stages.at(1)).toMatchObject({ from: 0, to: 0.35 });
  expect(stages.at(2)).toMatchObject({ from: 0.35, to: 0.45 });
  expect(stages.at(-1)).toMatchObject({ from: 0.775, to: 1 });
});

test('what did not happen has no bar, nor has what was heard before the first packet', () => {
  const { totalMs, stages } = waterfall({ heardAtMs: 10, firstSentAtMs: 60 }, 40);
  expect(totalMs).toBe(50);
  expect(stages.map(({ name }) => name)).toEqual(['last syllable', 'first packet']);
});

test('an instant before the last syllable has a bar of no length at the left', () => {
  const { stages } = waterfall({ heardAtMs: 100, recognisedAtMs: 60, endedAtMs: 200 }, undefined);
  expect(stages.slice(1)).toEqual([
    { name: 'recognised', afterMs: -40, from: 0, to: 0 },
    { name: 'ended', afterMs: 100, from: 0, to: 1 },
  ]);
});

test('an answer of which nothing else is known is one instant', () => {
  expect(waterfall({ heardAtMs: 5 }, undefined)).toEqual({
    totalMs: 1,
    stages: [{ name: 'last syllable', afterMs: 0, from: 0, to: 0 }],
  });
});
