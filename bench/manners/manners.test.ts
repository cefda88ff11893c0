import { listPlans, playEvening } from './evening.ts';
import { playQuestions } from './interrupting-questions.ts';
import { judgeEvening } from './judge-evening.ts';
import { readScenarioMix } from './manners-scenarios.ts';
import { readPieces, SoundMarks } from './sound-marks.ts';
import { playStops, readStop, readStops } from './spoken-stops.ts';

const mix = await readScenarioMix();
const { two, five } = listPlans(mix);

/** A few scenes with a little chat. */
const makeShortPlan = (names: readonly string[], plan = two) => ({
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
  for (const stop of stops) expect(readStop(stop)).not.toEqual([]);
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
  const verdict = judgeEvening(await playEvening(makeShortPlan(names), mix, 1));
  expect(verdict).toMatchObject({ questions: 4, answers: 4, failures: [] });
  const { uninvited, lost, twice, cut, misattributed } = verdict;
  expect([uninvited, lost, twice, cut, misattributed]).toEqual([[], [], [], [], []]);
});

test('three questions at once are all answered, each as its own person’s', async () => {
  const verdict = judgeEvening(
    await playEvening(makeShortPlan(['three at once'], five), mix, 1),
  );
  expect(verdict).toMatchObject({
    questions: 3,
    answers: 3,
    lost: [],
    misattributed: [],
  });
});

test('another bot is never answered, whoever it calls', async () => {
  const verdict = judgeEvening(
    await playEvening(makeShortPlan(['a bot among them'], five), mix, 1),
  );
  expect(verdict).toMatchObject({ answers: 0, uninvited: [] });
});

test('a bot that answers everything, or nothing, is noticed', async () => {
  const plan = makeShortPlan(['name first', 'quoted']);
  const eager = judgeEvening(
    await playEvening({ ...plan, addressing: 'always' }, mix, 1),
  );
  expect(eager.uninvited.length).toBeGreaterThanOrEqual(4);
  const deaf = judgeEvening(await playEvening({ ...plan, addressing: 'off' }, mix, 1));
  expect(deaf.lost).toHaveLength(1);
  expect(deaf.uninvited).toEqual([]);
});

test('a stop that is said aloud silences it', async () => {
  const [stop] = await readStops();
  expect(await playStops(stop ? [stop] : [])).toEqual({ tried: 1, missed: [] });
});

test('a question over an answer to the same person is answered as soon as one out of silence', async () => {
  const { otherPerson, samePerson, silent } = await playQuestions([
    'Nova, when does the last train to Bergen leave?',
  ]);
  expect(samePerson).toEqual(silent);
  expect(Math.max(...otherPerson)).toBeLessThanOrEqual(1_900); // its clause ends first
});

test('a mark in the sound tells which packet it came from, wherever the sound is cut', () => {
  const marks = new SoundMarks();
  const createDecoder = () => ({
    decode: () => new Int16Array(320).fill(1_000),
  });
  const createEncoder = () => ({ encode: () => Buffer.alloc(0) });
  const codec = marks.wrapCodec(
    { name: 'none', createDecoder, createEncoder },
    () => undefined,
  );
  const marked = codec.createDecoder(16_000);
  const sound = Array.from({ length: 3 }, (_, frame) => {
    const opus = Buffer.of(frame);
    marks.putMark(opus, { utterance: 70_000, frame });
    return marked.decode(opus);
  });
  const all = Int16Array.from(sound.flatMap((samples) => [...samples]));
  expect(readPieces(all)).toEqual([{ utterance: 70_000, from: 0, to: 2 }]);
  expect(readPieces(all.subarray(100))).toEqual([
    { utterance: 70_000, from: 1, to: 2 },
  ]);
  expect(readPieces(new Int16Array(2_000))).toEqual([]);
});
