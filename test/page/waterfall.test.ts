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
    'last sound 0',
    'recognised 140',
    'end noticed 180',
    'model begins 220',
    'first words 240',
    'voice begins 290',
    'sent 310',
    'heard 400',
  ]);
  expect(stages.at(1)).toMatchObject({ from: 0, to: 0.35 });
  expect(stages.at(2)).toMatchObject({ from: 0.35, to: 0.45 });
  expect(stages.at(-1)).toMatchObject({ from: 0.775, to: 1 });
});

test('what did not happen has no bar, nor has what was heard before the first packet', () => {
  const { totalMs, stages } = waterfall({ heardAtMs: 10, firstSentAtMs: 60 }, 40);
  expect(totalMs).toBe(50);
  expect(stages.map(({ name }) => name)).toEqual(['last sound', 'sent']);
});

test('an instant before the last syllable has a bar of no length at the left', () => {
  const { stages } = waterfall({ heardAtMs: 100, recognisedAtMs: 60, endedAtMs: 200 }, undefined);
  expect(stages.slice(1)).toEqual([
    { name: 'recognised', afterMs: -40, from: 0, to: 0 },
    { name: 'end noticed', afterMs: 100, from: 0, to: 1 },
  ]);
});
