import { instantPace, usualPace } from '#test/fakes/providers/mock-providers.ts';
import type { MockRequest } from '#test/fakes/providers/mock-settings.ts';
import { judgePairs } from './accepted-result.ts';
import { gateRow } from './bench-rows.ts';
import { findFaults, toTurnFigures } from './latency-report.ts';
import {
  type BenchServers,
  estimateFloors,
  findImpossibleFigures,
  measureTurn,
  type ObservedTurn,
} from './turn-figures.ts';

const authorization = undefined;
const usualServers: BenchServers = { pipeline: 'chained', pace: usualPace };

function makeRequest(
  endpoint: MockRequest['endpoint'],
  atMs: number,
  firstByteAtMs: number,
  rest: Partial<MockRequest> = {},
) {
  return { endpoint, authorization, atMs, bodyAtMs: atMs, firstByteAtMs, ...rest };
}

function makeChatRequest(atMs: number, content: string) {
  return makeRequest('chat', atMs, atMs + 150, { asked: content });
}

/** The last voiced packet left at 1000; providers at their usual pace. */
function makeObservedTurn(overrides: Partial<ObservedTurn> = {}) {
  return {
    text: 'stop the music',
    lastVoicedAtMs: 1000,
    firstAudibleAtMs: 1440,
    answered: {
      heardAtMs: 1005,
      endedMs: 150,
      recognisedMs: 145,
      firstTokenMs: 300,
      firstClauseMs: 360,
      firstSpeechMs: 422,
      firstSentMs: 425,
    },
    requests: [
      makeRequest('transcriptions', 1030, 1150),
      makeChatRequest(1152, 'Adam: stop the music'),
      makeRequest('speech', 1364, 1424, { text: 'Here is the story you asked for.' }),
      makeRequest('speech', 1420, 1480, { text: 'It began by the sea.' }),
    ],
    responses: [],
    ...overrides,
  };
}

const toMedians = (turns: readonly ObservedTurn[]) => ({
  row: gateRow,
  turns: turns.map(measureTurn),
  missed: 0,
  idealMs: [400],
});

test('instants count from the last voiced packet, whatever the bot took for it', () => {
  const { sinceMs, isWhole } = measureTurn(makeObservedTurn());
  expect(sinceMs).toMatchObject({ heard: 5, ended: 155, recognised: 150 });
  expect([sinceMs['first packet heard'], isWhole]).toEqual([440, true]);
});

test('the last request before the words counts from the pause, and all sound that was sent', () => {
  const { answered, requests } = makeObservedTurn();
  const [asked] = requests;
  const turn = measureTurn(
    makeObservedTurn({
      answered: { ...answered, pausedMs: 20 },
      requests: [
        makeRequest('transcriptions', 700, 820, { soundMs: 900 }),
        ...(asked ? [{ ...asked, soundMs: 1400 }] : []),
        makeRequest('transcriptions', 1300, 1420, { soundMs: 100 }),
      ],
    }),
  );
  expect(turn).toMatchObject({ noticedMs: 25, askedMs: 30, sentMs: 2400 });
});

test('of what was thought in vain nothing counts', () => {
  const discarded = [
    makeRequest('transcriptions', 800, 920),
    makeChatRequest(925, 'Adam: stop the'),
    makeRequest('speech', 1137, 1190, { text: 'Here is the story you asked for.' }),
  ];
  const requests = [...discarded, ...makeObservedTurn().requests];
  expect(measureTurn(makeObservedTurn({ requests })).isWhole).toBe(true);
});

test('an answer to half a sentence, or in the middle of one, is no answer', () => {
  const half = [
    makeChatRequest(1152, 'Adam: stop the'),
    ...makeObservedTurn().requests.slice(2),
  ];
  expect(measureTurn(makeObservedTurn({ requests: half })).isWhole).toBe(false);
  expect(measureTurn(makeObservedTurn({ firstAudibleAtMs: 990 })).isWhole).toBe(false);
  expect(
    findFaults(toMedians([makeObservedTurn(), makeObservedTurn({ requests: half })])),
  ).toEqual([]);
  const twice = [
    makeObservedTurn({ requests: half }),
    makeObservedTurn({ firstAudibleAtMs: 990 }),
  ];
  expect(findFaults(toMedians([makeObservedTurn(), ...twice]))).toEqual([
    'gate: 2 of 3 questions were cut off, "stop the music".',
  ]);
});

test('whatever is faster than the providers is a wrong measurement', () => {
  expect(
    findImpossibleFigures([measureTurn(makeObservedTurn())], usualServers),
  ).toEqual([]);
  const turn = measureTurn(makeObservedTurn({ firstAudibleAtMs: 1380 }));
  expect(findImpossibleFigures([turn], usualServers)).toEqual([
    'turn 1: first packet heard after 380 ms, under its floor of 390',
  ]);
  expect(
    findFaults(toMedians([makeObservedTurn({ firstAudibleAtMs: 1380 })])),
  ).toHaveLength(1);
});

test('the end may be decided before or after the words are known', () => {
  const answered = { ...makeObservedTurn().answered, endedMs: 20 };
  expect(
    findImpossibleFigures([measureTurn(makeObservedTurn({ answered }))], usualServers),
  ).toEqual([]);
});

const toSoundFloor = (setup: Partial<BenchServers>) =>
  estimateFloors({ ...usualServers, ...setup })['first packet heard'];

test('without tokens to wait for the lower bound is that of three requests', () => {
  const pace = { ...usualPace, tokensPerSecond: Number.POSITIVE_INFINITY };
  expect([toSoundFloor({ pace }), toSoundFloor({})]).toEqual([330, 390]);
  expect(toSoundFloor({ pace: instantPace })).toBe(0);
});

test('of a model that speaks by itself only its own time to the first sound counts', () => {
  const requests = [
    makeRequest('transcriptions', 1030, 1150),
    makeChatRequest(1040, 'stop the music'),
  ];
  expect(measureTurn(makeObservedTurn({ requests })).isWhole).toBe(true);
  expect(toSoundFloor({ pipeline: 'audio-model' })).toBe(190);
  const responses = [{ atMs: 1040, asked: 'stop the music', firstSoundAtMs: 1345 }];
  expect(measureTurn(makeObservedTurn({ requests: [], responses })).isWhole).toBe(true);
  expect(measureTurn(makeObservedTurn({ requests: [] })).isWhole).toBe(false);
  expect(toSoundFloor({ pipeline: 'realtime' })).toBe(300);
});

test('the ratio to the ideal bot is the figure that counts on every machine', () => {
  const { ratio, heard } = toTurnFigures(
    toMedians([makeObservedTurn(), makeObservedTurn()]),
  );
  expect({ ratio, heard }).toEqual({ ratio: 1.1, heard: { p50: 440, p95: 440 } });
});

const growRatios = (...percents: number[]) =>
  judgePairs(
    percents.map((percent) => 1.1 * (1 + percent / 100)),
    1.1,
  );

test('the bot is slower where the 95 % interval of five pairs lies above 5 %', () => {
  const even = growRatios(6, 6, 6, 6, 6);
  expect([even.isWorse, even.growth, even.low]).toEqual([
    true,
    expect.closeTo(0.06),
    expect.closeTo(0.06),
  ]);
  expect(growRatios(5.6, 5.8, 6, 6.2, 6.4).isWorse).toBe(true);
  expect(growRatios(2, 4, 7, 9, 11).isWorse).toBe(false);
  expect(growRatios(4.9, 4.9, 4.9, 4.9, 4.9).isWorse).toBe(false);
  expect(growRatios(-9, -9, -9, -9, -9).isWorse).toBe(false);
});

test('the interval is that of Student’s t, one wild pair widens it, and no figure is no pass', () => {
  const { low, high } = growRatios(1, 2, 3, 4, 5);
  expect([low, high]).toEqual([
    expect.closeTo(0.03 - 0.0196, 3),
    expect.closeTo(0.03 + 0.0196, 3),
  ]);
  expect(growRatios(7, 7, 7, 7, 30).isWorse).toBe(false);
  expect(judgePairs([1, 1, 1, 1, Number.NaN], 1.1).isWorse).toBe(true);
  expect(judgePairs([1, 1, 1, 1, 1], Number.NaN).isWorse).toBe(true);
  expect(() => judgePairs([1, 1], 1.1)).toThrow('5 pairs');
});
