import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cutAnswers } from './cuts.ts';
import { plansOf, spend } from './evening.ts';
import { fullDelayMs } from './interruptions.ts';
import { Marks, piecesIn } from './marks.ts';
import { readScenarioMix } from './scenarios.ts';
import { readStops, stopAloud, stopPath } from './stops.ts';
import { judge } from './verdict.ts';

const mix = await readScenarioMix();
const { two, five } = plansOf(mix);

/** A few scenes with a little chat. */
const short = (names: readonly string[], plan = two) => ({
  ...plan,
  minutes: 0,
  lines: 1,
  scenarios: plan.scenarios.filter(({ name }) => names.includes(name)),
});

test('scenarios and lines are added, never removed', async () => {
  expect(mix.two.length).toBeGreaterThanOrEqual(34);
  expect(mix.five.length).toBeGreaterThanOrEqual(14);
  expect(mix.chat.length).toBeGreaterThanOrEqual(48);
  const stops = await readStops();
  expect(stops.length).toBeGreaterThanOrEqual(48);
  expect(stops.filter((stop) => !existsSync(stopPath(stop)))).toEqual([]);
  const names = [...mix.two, ...mix.five].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('two people who talk to each other and to it are answered when they mean it', async () => {
  const names = [
    'name first',
    'quoted',
    'follow-up after 2 s',
    'after 12 s a question is not for it',
  ];
  const verdict = judge(await spend(short(names), mix, 1));
  expect(verdict).toMatchObject({ questions: 4, answers: 4, failures: [] });
  const { uninvited, lost, twice, cut, misattributed } = verdict;
  expect([uninvited, lost, twice, cut, misattributed]).toEqual([[], [], [], [], []]);
});

test('three questions at once are all answered, each as its own person’s', async () => {
  const verdict = judge(await spend(short(['three at once'], five), mix, 1));
  expect(verdict).toMatchObject({ questions: 3, answers: 3, lost: [], misattributed: [] });
});

test('another bot is never answered, whoever it calls', async () => {
  const verdict = judge(await spend(short(['a bot among them'], five), mix, 1));
  expect(verdict).toMatchObject({ answers: 0, uninvited: [] });
});

test('a bot that answers everything, or nothing, is noticed', async () => {
  const plan = short(['name first', 'quoted']);
  const eager = judge(await spend({ ...plan, addressing: 'always' }, mix, 1));
  expect(eager.uninvited.length).toBeGreaterThanOrEqual(4);
  const deaf = judge(await spend({ ...plan, addressing: 'off' }, mix, 1));
  expect(deaf.lost).toHaveLength(1);
  expect(deaf.uninvited).toEqual([]);
});

test('what was heard of a stopped answer is known to the word', async () => {
  for (const { kept, left } of await cutAnswers(2, 1)) {
    expect(left).toBeGreaterThan(3);
    expect(Math.abs(kept - left)).toBeLessThanOrEqual(1);
  }
});

test('a stop that is said aloud silences it', async () => {
  const [stop] = await readStops();
  const { tried, missed } = await stopAloud(stop ? [stop] : []);
  expect({ tried, missed }).toEqual({ tried: 1, missed: [] });
});

test('a mark in the sound tells which packet it came from, wherever the sound is cut', () => {
  const marks = new Marks();
  const decoder = () => ({
    decode: () => new Int16Array(320).fill(1_000),
  });
  const encoder = () => ({ encode: () => Buffer.alloc(0) });
  const codec = marks.codec({ name: 'none', decoder, encoder }, () => undefined);
  const marked = codec.decoder(16_000);
  const sound = Array.from({ length: 3 }, (_, frame) => {
    const opus = Buffer.of(frame);
    marks.put(opus, { utterance: 70_000, frame });
    return marked.decode(opus);
  });
  const all = Int16Array.from(sound.flatMap((samples) => [...samples]));
  expect(piecesIn(all)).toEqual([{ utterance: 70_000, from: 0, to: 2 }]);
  expect(piecesIn(all.subarray(100))).toEqual([{ utterance: 70_000, from: 1, to: 2 }]);
  expect(piecesIn(new Int16Array(2_000))).toEqual([]);
});

test('a voice that stays turned down never comes back to full level', () => {
  const framesOf = (levels: readonly number[]) =>
    levels.map((level, n) => ({ atMs: 20 * n, level }));
  expect(fullDelayMs(framesOf([9_000, 9_000, 9_000]), 20)).toBe(0);
  expect(fullDelayMs(framesOf([9_000, 2_000, 2_000, 9_000, 9_000]), 20)).toBe(40);
  expect(fullDelayMs(framesOf([9_000, 9_000, 2_000, 2_000]), 20)).toBe(Number.POSITIVE_INFINITY);
});
