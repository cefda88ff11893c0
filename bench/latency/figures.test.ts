import { expect, test } from 'vitest';
import type { MockRequest } from '#test/fakes/providers/mock-settings.ts';
import { instantPace, usualPace } from '#test/fakes/providers/providers.ts';
import { floorsOf, type ObservedTurn, type ServerSetup, tooGood, turnOf } from './figures.ts';
import { faults, figuresOf } from './report.ts';
import { judgePairs } from './result.ts';
import { gateRow } from './rows.ts';

const authorization = undefined;
const usualSetup: ServerSetup = { pipeline: 'chained', pace: usualPace };

function request(
  endpoint: MockRequest['endpoint'],
  atMs: number,
  firstByteAtMs: number,
  rest: Partial<MockRequest> = {},
): MockRequest {
  return { endpoint, authorization, atMs, bodyAtMs: atMs, firstByteAtMs, ...rest };
}

function chat(atMs: number, content: string): MockRequest {
  return request('chat', atMs, atMs + 150, { asked: content });
}

/** The last voiced packet left at 1000; providers at their usual pace. */
function seen(more: Partial<ObservedTurn> = {}): ObservedTurn {
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
      request('transcriptions', 1030, 1150),
      chat(1152, 'Adam: stop the music'),
      request('speech', 1364, 1424, { text: 'Here is the story you asked for.' }),
      request('speech', 1420, 1480, { text: 'It began by the sea.' }),
    ],
    responses: [],
    ...more,
  };
}

const measured = (turns: readonly ObservedTurn[]) => ({
  row: gateRow,
  turns: turns.map((one) => turnOf(one, usualSetup)),
  missed: 0,
  idealMs: [400],
});

test('instants count from the last voiced packet, whatever the bot took for it', () => {
  const { sinceMs, whole } = turnOf(seen(), usualSetup);
  expect(sinceMs).toMatchObject({ heard: 5, ended: 155, recognised: 150 });
  expect(sinceMs['first packet heard']).toBe(440);
  expect(whole).toBe(true);
});

test('the providers take their own time and that of the tokens of the first clause', () => {
  const turn = turnOf(seen(), usualSetup);
  expect(turn.clauseTokens).toBe(7);
  expect(turn.providersMs).toBe(120 + 150 + 60 + 60);
});

test('of what was thought in vain only the count is told', () => {
  const discarded = [
    request('transcriptions', 800, 920),
    chat(925, 'Adam: stop the'),
    request('speech', 1137, 1190, { text: 'Here is the story you asked for.' }),
  ];
  const turn = turnOf(seen({ requests: [...discarded, ...seen().requests] }), usualSetup);
  expect(turn).toMatchObject({ whole: true, thoughts: 2, providersMs: 390 });
});

test('an answer to half a sentence, or in the middle of one, is no answer', () => {
  const half = [chat(1152, 'Adam: stop the'), ...seen().requests.slice(2)];
  expect(turnOf(seen({ requests: half }), usualSetup).whole).toBe(false);
  expect(turnOf(seen({ firstAudibleAtMs: 990 }), usualSetup).whole).toBe(false);
  expect(faults(measured([seen(), seen({ requests: half })]))).toEqual([]);
  const twice = [seen({ requests: half }), seen({ firstAudibleAtMs: 990 })];
  expect(faults(measured([seen(), ...twice]))).toEqual([
    'gate: 2 of 3 questions were cut off, "stop the music".',
  ]);
});

test('whatever is faster than the providers is a wrong measurement', () => {
  expect(tooGood([turnOf(seen(), usualSetup)], usualSetup)).toEqual([]);
  const turn = turnOf(seen({ firstAudibleAtMs: 1380 }), usualSetup);
  expect(tooGood([turn], usualSetup)).toEqual([
    'turn 1: first packet heard after 380 ms, under its floor of 390',
  ]);
  expect(faults(measured([seen({ firstAudibleAtMs: 1380 })]))).toHaveLength(1);
});

test('the end may be decided before or after the words are known', () => {
  const answered = { ...seen().answered, endedMs: 20 };
  expect(tooGood([turnOf(seen({ answered }), usualSetup)], usualSetup)).toEqual([]);
});

test('without tokens to wait for the lower bound is that of three requests', () => {
  const pace = { ...usualPace, tokensPerSecond: Number.POSITIVE_INFINITY };
  const soundAt = (setup: Partial<ServerSetup>) =>
    floorsOf({ ...usualSetup, ...setup }, 7)['first packet heard'];
  expect(soundAt({ pace })).toBe(330);
  expect(soundAt({})).toBe(390);
  expect(soundAt({ pace: instantPace })).toBe(0);
});

test('of a model that speaks by itself only its own time to the first sound counts', () => {
  const audio = { ...usualSetup, pipeline: 'audio-model' } as const;
  const seenByAudioModel = seen({
    requests: [request('transcriptions', 1030, 1150), chat(1040, 'stop the music')],
  });
  expect(turnOf(seenByAudioModel, audio)).toMatchObject({ whole: true, providersMs: 190 });
  expect(floorsOf(audio, 0)['first packet heard']).toBe(190);
  const talk = { ...usualSetup, pipeline: 'realtime' } as const;
  const responses = [{ atMs: 1040, asked: 'stop the music', firstSoundAtMs: 1345 }];
  expect(turnOf(seen({ responses }), talk)).toMatchObject({ whole: true, providersMs: 305 });
  expect(turnOf(seen(), talk).whole).toBe(false);
  expect(floorsOf(talk, 0)['first packet heard']).toBe(300);
});

test('what counts on every machine is the ratio to the ideal bot', () => {
  const { ratio, heard, share } = figuresOf(measured([seen(), seen()]));
  expect({ ratio, heard, share }).toEqual({
    ratio: 1.1,
    heard: { p50: 440, p95: 440 },
    share: { p50: 50, p95: 50 },
  });
});

const grown = (...percents: number[]) =>
  judgePairs(
    percents.map((percent) => 1.1 * (1 + percent / 100)),
    1.1,
  );

test('the bot is slower where the 95 % interval of five pairs lies above 5 %', () => {
  const even = grown(6, 6, 6, 6, 6);
  expect([even.isWorse, even.growth, even.low]).toEqual([
    true,
    expect.closeTo(0.06),
    expect.closeTo(0.06),
  ]);
  expect(grown(5.6, 5.8, 6, 6.2, 6.4).isWorse).toBe(true);
  expect(grown(2, 4, 7, 9, 11).isWorse).toBe(false);
  expect(grown(4.9, 4.9, 4.9, 4.9, 4.9).isWorse).toBe(false);
  expect(grown(-9, -9, -9, -9, -9).isWorse).toBe(false);
});

test('the interval is that of Student’s t, one wild pair widens it, and no figure is no pass', () => {
  const { low, high } = grown(1, 2, 3, 4, 5);
  expect([low, high]).toEqual([expect.closeTo(0.03 - 0.0196, 3), expect.closeTo(0.03 + 0.0196, 3)]);
  expect(grown(7, 7, 7, 7, 30).isWorse).toBe(false);
  expect(judgePairs([1, 1, 1, 1, Number.NaN], 1.1).isWorse).toBe(true);
  expect(judgePairs([1, 1, 1, 1, 1], Number.NaN).isWorse).toBe(true);
  expect(() => judgePairs([1, 1], 1.1)).toThrow('5 pairs');
});
