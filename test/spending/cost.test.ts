import type { Usage } from '#src/chat/chat-model.ts';
import { createPaidRecogniser, createPaidVoice } from '#src/spending/paid-engine.ts';
import {
  cautiousPrices,
  findRate,
  knownPrices,
  readPrices,
  type Usd,
} from '#src/spending/prices/prices.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, reserveAnswer } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const openAi = (model: string) => findRate(knownPrices, model, 'api.openai.com') ?? {};

/** A server whose roles have these prices, and what it has paid, in US dollars. */
function openPriced(tariff: NonNullable<Parameters<typeof openBudgets>[1]>['tariff']) {
  const { budgets, paid } = openBudgets(new VirtualClock(), { tariff });
  return {
    reservation: reserveAnswer(budgets, { kind: 'answer' }) ?? expect.fail('refused'),
    sumUsd: () => paid.reduce((sum, event) => sum + event.usd, 0),
  };
}
const makePriced = (usd: Usd) => ({ kind: 'priced', usd }) as const;

test.each<[string, Usage, number]>([
  ['gpt-6-luna', { inputTokens: 1e6, outputTokens: 1e6 }, 0.6],
  ['gpt-6-luna', { inputTokens: 1e6, outputTokens: 1e6, cachedInputTokens: 1e6 }, 0.51],
  [
    'gpt-audio-1.5',
    {
      inputTokens: 1_000,
      outputTokens: 2_000,
      audioInputTokens: 800,
      audioOutputTokens: 1_500,
    },
    (200 * 2.5 + 500 * 10 + 800 * 32 + 1_500 * 64) / 1e6,
  ],
  [
    'gpt-realtime-2.1',
    {
      inputTokens: 1_000,
      outputTokens: 0,
      audioInputTokens: 500,
      cachedInputTokens: 600,
    },
    (500 * 0.4 + 400 * 32 + 100 * 0.4) / 1e6,
  ],
])(
  'tokens of %s cost what the page says: text, sound, and cached text before cached sound',
  (model, usage, usd) => {
    const server = openPriced({ think: makePriced(openAi(model)) });
    server.reservation.recordUsage(usage);
    expect(server.sumUsd()).toBeCloseTo(usd, 9);
  },
);

const liveBy = {
  kind: 'remote',
  model: 'gpt-live-1',
  host: 'api.openai.com',
} as const;

test('time of a live model costs by the minute, also where it takes the place of a free chat model', async () => {
  const { budgets, paid } = openBudgets(new VirtualClock(), {
    tariff: { think: { kind: 'free' } },
    rates: { 'gpt-live-1': makePriced(openAi('gpt-live-1')) },
    caps: { serverDay: 0.08 * 1e9 },
  });
  const reservation = reserveAnswer(budgets) ?? expect.fail('refused');
  const hold = await reservation.reserveTalk(60_000, 5_000, liveBy);
  expect(hold?.maxUnits).toBe(60_000);
  // Of the second minute 3 of 5 cents are left below the cap, and a little stays free for an answer.
  const rest = await reservation.reserveTalk(60_000, 5_000, liveBy);
  expect(rest?.maxUnits).toBeLessThan(36_000);
  expect(rest?.maxUnits).toBeGreaterThan(34_000);
  await expect(reservation.reserveTalk(60_000, 5_000, liveBy)).rejects.toMatchObject({
    code: 'budget.used',
  });
  reservation.recordTalk(60_000, liveBy);
  expect(paid).toEqual([
    expect.objectContaining({ what: 'think', usd: 0.05, talkMs: 60_000 }),
  ]);
});

test('time of a live model of unknown price costs as if both sides spoke all the while', () => {
  const { budgets, paid } = openBudgets(new VirtualClock());
  const reservation = reserveAnswer(budgets) ?? expect.fail('refused');
  reservation.recordTalk(60_000, { ...liveBy, model: 'other' });
  expect(paid[0]?.usd).toBeCloseTo((600 * 40 + 1_200 * 80) / 1e6, 9);
});

test('a turn of a live model is set aside whole or not at all, and paid by tokens, else by time', async () => {
  const most = {
    ...{ inputTokens: 3_000, audioInputTokens: 2_000 },
    ...{ outputTokens: 1_000, audioOutputTokens: 1_000 },
  };
  const used = { ...most, outputTokens: 100, audioOutputTokens: 100 };
  const payTurn = async (usd: Usd, capUsd: number) => {
    const { budgets, paid } = openBudgets(new VirtualClock(), {
      tariff: { think: { kind: 'free' } },
      rates: { 'gpt-live-1': makePriced(usd) },
      caps: { serverDay: capUsd * 1e9 },
    });
    const reservation = reserveAnswer(budgets) ?? expect.fail('refused');
    const hold = await reservation.reserveTurn(most, liveBy);
    reservation.recordTurn(used, 30_000, liveBy);
    return [hold?.maxUnits, paid[0]?.usd];
  };
  const sound = { perMillionAudioInputTokens: 3, perMillionAudioOutputTokens: 12 };
  const text = { perMillionInputTokens: 1, perMillionOutputTokens: 2 };
  expect(await payTurn({ ...sound, ...text }, 0.02)).toEqual([1_000, 0.0082]);
  await expect(payTurn({ ...sound, ...text }, 0.0189)).rejects.toMatchObject({
    code: 'budget.used',
  });
  expect(await payTurn(text, 0.006)).toEqual([1_000, 0.0032]);
  expect(await payTurn({ perMinute: 0.05 }, 0.11)).toEqual([1_000, 0.025]);
});

test('recognising costs by the minute, speaking by the character or by how long it sounds, and what has no rate its cautious price', async () => {
  const samples = new Int16Array(960_000).fill(1);
  const pcm = { samples, rateHz: 16_000, channels: 1 } as const;
  const hearAtPrice = async (usd: Usd) => {
    const server = openPriced({ recognise: makePriced(usd) });
    const engine = createPaidRecogniser(new FakeTranscriber({ texts: ['yes'] }));
    const ears = engine.withReservation(server.reservation);
    await Array.fromAsync(ears.transcribe(pcm, never));
    return server.sumUsd();
  };
  expect(await hearAtPrice(openAi('gpt-transcribe'))).toBeCloseTo(0.0045, 9);
  expect(await hearAtPrice(openAi('gpt-6-luna'))).toBe(
    cautiousPrices.recognise.perMinute,
  );
  const speakAtPrice = async (model: string) => {
    const server = openPriced({ speak: makePriced(openAi(model)) });
    const engine = createPaidVoice(new FakeSynthesizer({ pieces: 600 }));
    const voice = engine.withReservation(server.reservation);
    await Array.fromAsync(voice.synthesize('a'.repeat(1_000), {}, never));
    return server.sumUsd();
  };
  expect(await speakAtPrice('tts-1')).toBeCloseTo(0.015, 9);
  expect(await speakAtPrice('gpt-4o-mini-tts')).toBeCloseTo(
    (250 * 0.6 + 1_200 * 12) / 1e6,
    9,
  );
});

test('a snapshot of a model costs what the model does', () => {
  expect(openAi('gpt-6-luna-2026-09-22')).toEqual(openAi('gpt-6-luna'));
});

test('the table has the strict form of a file of prices, and each model once', () => {
  expect(readPrices(JSON.stringify(knownPrices))).toEqual({
    kind: 'ok',
    prices: knownPrices,
  });
  const names = knownPrices.map(({ model, host }) => `${model} ${host}`);
  expect(new Set(names).size).toBe(names.length);
});

test('every price of the table says when and where it was read', () => {
  for (const { asOf, source, usd } of knownPrices) {
    expect(asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(source).toMatch(/^https:\/\//);
    expect(Object.keys(usd).length).toBeGreaterThan(0);
  }
});

test('prices of the owner come before those of the table, and hold everywhere unless they name a host', () => {
  const read = { asOf: '2026-11-20', source: 'my contract' };
  const luna = { perMillionInputTokens: 1, perMillionOutputTokens: 1 };
  const kokoro = { perMillionCharacters: 0.01 };
  const own = readPrices(
    JSON.stringify([
      { ...read, model: 'gpt-6-luna', usd: luna },
      { ...read, model: 'kokoro', host: '127.0.0.1:8880', usd: kokoro },
    ]),
  );
  if (own.kind === 'bad') throw new Error(own.why);
  const prices = [...own.prices, ...knownPrices];
  expect(findRate(prices, 'gpt-6-luna', 'api.openai.com')).toEqual(luna);
  expect(findRate(prices, 'kokoro', '127.0.0.1:8880')).toEqual(kokoro);
  expect(findRate(prices, 'kokoro', '10.0.0.1:8880')).toBeUndefined();
});

test('a file that holds no prices tells where its first mistake is', () => {
  for (const json of ['{', '[{"model":{"length":{"toString":1}}}]'])
    expect(readPrices(json)).toEqual({ kind: 'bad', why: 'is no JSON of prices' });
  expect(readPrices('{}')).toMatchObject({ kind: 'bad' });
  const price = { model: 'm', asOf: '2026-11-20', source: 's', usd: { perMinute: -1 } };
  expect(readPrices(JSON.stringify([price]))).toMatchObject({
    kind: 'bad',
    why: expect.stringContaining('0.usd.perMinute'),
  });
  const unknown = { ...price, usd: { perHour: 1 } };
  expect(readPrices(JSON.stringify([unknown]))).toMatchObject({ kind: 'bad' });
});
