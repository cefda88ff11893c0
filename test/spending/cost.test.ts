import { expect, test } from 'vitest';
import { costAt, costOf } from '#src/spending/cost.ts';
import {
  cautiousPrices,
  knownPrices,
  rateOf,
  readPrices,
  type Usd,
} from '#src/spending/prices/prices.ts';

const openAi = (model: string): Usd => rateOf(knownPrices, model, 'api.openai.com') ?? {};
const usd = (nano: number | undefined) => (nano ?? Number.NaN) / 1e9;

test('a million tokens cost what the page says, and cached ones a tenth', () => {
  const tokens = { kind: 'tokens', inputTokens: 1e6, outputTokens: 1e6 } as const;
  expect(usd(costAt(tokens, openAi('gpt-6-luna')))).toBeCloseTo(0.6, 9);
  const cached = { ...tokens, cachedInputTokens: 1e6 };
  expect(usd(costAt(cached, openAi('gpt-6-luna')))).toBeCloseTo(0.51, 9);
});

test('tokens of sound are counted within the totals and cost more', () => {
  const tokens = {
    kind: 'tokens',
    inputTokens: 1_000,
    outputTokens: 2_000,
    audioInputTokens: 800,
    audioOutputTokens: 1_500,
  } as const;
  const text = (200 * 2.5 + 500 * 10) / 1e6;
  const sound = (800 * 32 + 1_500 * 64) / 1e6;
  expect(usd(costAt(tokens, openAi('gpt-audio-1.5')))).toBeCloseTo(text + sound, 9);
});

test('of cached tokens those of text count first, for they save less', () => {
  const tokens = {
    kind: 'tokens',
    inputTokens: 1_000,
    outputTokens: 0,
    audioInputTokens: 500,
    cachedInputTokens: 600,
  } as const;
  const expected = (500 * 0.4 + 400 * 32 + 100 * 0.4) / 1e6;
  expect(usd(costAt(tokens, openAi('gpt-realtime-2.1')))).toBeCloseTo(expected, 9);
});

test('recognising costs by the minute, speaking by the character or by how long it sounds', () => {
  const heard = { kind: 'heard', ms: 60_000 } as const;
  expect(usd(costAt(heard, openAi('gpt-transcribe')))).toBeCloseTo(0.0045, 9);
  expect(usd(costAt(heard, openAi('gpt-live-transcribe')))).toBeCloseTo(0.017, 9);
  const spoken = { kind: 'spoken', characters: 1_000, ms: 60_000 } as const;
  expect(usd(costAt(spoken, openAi('tts-1')))).toBeCloseTo(0.015, 9);
  const byMinute = (250 * 0.6 + 1_200 * 12) / 1e6;
  expect(usd(costAt(spoken, openAi('gpt-4o-mini-tts')))).toBeCloseTo(byMinute, 9);
});

test('what no known rate prices costs the cautious price of its role', () => {
  const heard = { kind: 'heard', ms: 60_000 } as const;
  expect(rateOf(knownPrices, 'gpt-9', 'api.openai.com')).toBeUndefined();
  expect(costAt(heard, openAi('gpt-6-luna'))).toBeUndefined();
  const rate = { kind: 'priced', usd: openAi('gpt-6-luna') } as const;
  expect(usd(costOf([heard], 'recognise', rate))).toBe(cautiousPrices.recognise.perMinute);
  expect(costOf([heard], 'recognise', { kind: 'free' })).toBe(0);
});

test('a model costs the same wherever it is served', () => {
  expect(rateOf(knownPrices, 'tts-1', '127.0.0.1:8880')).toEqual(openAi('tts-1'));
});

test('a snapshot of a model costs what the model does', () => {
  expect(openAi('gpt-6-luna-2026-09-22')).toEqual(openAi('gpt-6-luna'));
});

test('the table has the strict form of a file of prices, and each model once', () => {
  expect(readPrices(JSON.stringify(knownPrices))).toEqual({ kind: 'ok', prices: knownPrices });
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
  const own = readPrices(
    JSON.stringify([
      {
        model: 'gpt-6-luna',
        asOf: '2026-11-20',
        source: 'my contract',
        usd: { perMillionInputTokens: 1, perMillionOutputTokens: 1 },
      },
      {
        model: 'kokoro',
        host: '127.0.0.1:8880',
        asOf: '2026-11-20',
        source: 'electricity',
        usd: { perMillionCharacters: 0.01 },
      },
    ]),
  );
  if (own.kind === 'bad') throw new Error(own.why);
  const prices = [...own.prices, ...knownPrices];
  expect(rateOf(prices, 'gpt-6-luna', 'api.openai.com')).toMatchObject({
    perMillionInputTokens: 1,
  });
  expect(rateOf(prices, 'kokoro', '127.0.0.1:8880')).toEqual({ perMillionCharacters: 0.01 });
  expect(rateOf(prices, 'kokoro', '10.0.0.1:8880')).toBeUndefined();
});

test('a file that holds no prices tells where its first mistake is', () => {
  expect(readPrices('{')).toEqual({ kind: 'bad', why: 'is no JSON' });
  expect(readPrices('{}')).toMatchObject({ kind: 'bad' });
  const price = { model: 'm', asOf: '2026-11-20', source: 's', usd: { perMinute: -1 } };
  expect(readPrices(JSON.stringify([price]))).toMatchObject({
    kind: 'bad',
    why: expect.stringContaining('0.usd.perMinute'),
  });
  const unknown = { ...price, usd: { perHour: 1 } };
  expect(readPrices(JSON.stringify([unknown]))).toMatchObject({ kind: 'bad' });
});
