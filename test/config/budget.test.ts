import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toGuildId } from '#src/base/ids.ts';
import { readConfig } from '#src/config/config.ts';
import { createTariffs, getTariff, listPricesInUse } from '#src/config/tariffs.ts';
import { cautiousPrices } from '#src/spending/prices/prices.ts';
import { readGoodSettings } from './read-settings.ts';

type Given = Parameters<typeof readGoodSettings>[0];

/** Prices of the engines that answer under these settings. */
const readTariff = (processEnv: Given) => getTariff(readGoodSettings(processEnv));

/** Whether any engine in use, or one that may take its place, can cost money. */
function mayCostMoney(processEnv: Given) {
  const prices = listPricesInUse(readGoodSettings(processEnv));
  return prices.some(({ price }) => price.kind === 'priced');
}

/** A chat model at an address. */
const toChat = (CHAT_COMPLETION_BASE_URL: string, CHAT_COMPLETION_MODEL = 'mine') => ({
  CHAT_COMPLETION_BASE_URL,
  CHAT_COMPLETION_MODEL,
});

test('three caps a day are on by default: of a person, of a server, of all servers', () => {
  const { caps, totalDayNanoUsd } = readGoodSettings({}).budget;
  expect([caps, totalDayNanoUsd]).toEqual([{ personDay: 1e9, serverDay: 5e9 }, 20e9]);
});

test('a limit that is gone and still set is a mistake that names the limits there are', () => {
  for (const name of [
    'BUDGET_SERVER_MONTH_USD',
    'BUDGET_PERSON_DAY_MINUTES',
    'SERVER_PLANS_FILE',
  ])
    expect(readConfig({ [name]: '0' }), name).toEqual({
      kind: 'bad',
      mistakes: [
        expect.stringMatching(`^${name}: is no limit any more.*BUDGET_TOTAL_DAY_USD`),
      ],
    });
});

test('with OpenAI every role has its price, with a server of one’s own none, and what is local is free', () => {
  const [priced, free] = [{ kind: 'priced' }, { kind: 'free' }];
  const openAi = { OPENAI_API_KEY: 'k' };
  expect(readTariff(openAi)).toMatchObject({ recognise: priced, think: priced });
  const live = readTariff({ ...openAi, TRANSCRIPTION_BACKEND: 'realtime' });
  expect(live).toMatchObject({ recognise: priced, streams: true });
  const own = readTariff({ SPEECH_BASE_URL: 'http://127.0.0.1:8880/v1' });
  expect(own).toMatchObject({ recognise: free, think: free, speak: free });
});

test('a known model costs its price wherever it is served; an unknown one is free at home, and an estimate elsewhere', () => {
  const readThinkPrice = (baseUrl: string, model?: string) =>
    readTariff(toChat(baseUrl, model)).think;
  const [home, elsewhere] = ['http://litellm:4000/v1', 'https://llm.example.org/v1'];
  const knownPrice = readThinkPrice('https://eu.api.openai.com/v1', 'gpt-6-luna');
  expect(knownPrice).toMatchObject({ kind: 'priced' });
  expect(knownPrice).not.toHaveProperty('isEstimate');
  for (const placeName of [home, elsewhere])
    expect(readThinkPrice(placeName, 'gpt-6-luna')).toEqual(knownPrice);
  expect(readThinkPrice(home)).toEqual({ kind: 'free' });
  expect(readThinkPrice(elsewhere)).toEqual({
    kind: 'priced',
    usd: cautiousPrices.think,
    isEstimate: true,
  });
});

test('only servers elsewhere, and those with a price, can cost money', () => {
  const own = {
    OPENAI_BASE_URL: 'http://192.168.1.4:1234/v1',
    TRANSCRIPTION_MODEL: 'ears',
    CHAT_COMPLETION_MODEL: 'mind',
    SPEECH_MODEL: 'voice',
  };
  const homes = [
    'ollama:11434',
    '[::1]:8000',
    '[::ffff:192.168.1.4]',
    '10.0.0.7',
    '100.64.1.2',
    '[fd12::1]',
    'box.local',
  ];
  const others = [
    '8.8.8.8',
    '[2001:4860:4860::8888]',
    'local.example',
    '127.0.0.1.example',
  ];
  const toChatAt = (host: string) => toChat(`http://${host}/v1`);
  for (const free of [{}, own, ...homes.map(toChatAt)])
    expect(mayCostMoney(free), JSON.stringify(free)).toBe(false);
  const elsewhere = 'https://api.groq.com/openai/v1';
  for (const paid of [
    ...others.map(toChatAt),
    { OPENAI_API_KEY: 'k' },
    { ...own, CHAT_COMPLETION_BASE_URL: elsewhere },
    {
      ...own,
      CHAT_COMPLETION_FALLBACK_BASE_URL: elsewhere,
      CHAT_COMPLETION_FALLBACK_MODEL: 'm',
    },
    { REALTIME_BASE_URL: 'wss://realtime.example/v1' },
  ])
    expect(mayCostMoney(paid), JSON.stringify(paid)).toBe(true);
});

test('prices of a file count, and a file that holds none is a mistake', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-prices-'));
  using _gone = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const file = join(folder, 'prices.json');
  const price = {
    model: 'speaks',
    asOf: '2026-11-20',
    source: 'me',
    usd: { perMillionCharacters: 1 },
  };
  writeFileSync(file, JSON.stringify([price]));
  const own = { SPEECH_BASE_URL: 'http://127.0.0.1:8880/v1', SPEECH_MODEL: 'speaks' };
  const sold = { ...own, PRICES: file };
  expect(readTariff(sold).speak).toEqual({ kind: 'priced', usd: price.usd });
  expect([mayCostMoney(own), mayCostMoney(sold)]).toEqual([false, true]);
  writeFileSync(file, '[{"model":"speaks"}]');
  expect(readConfig({ PRICES: file })).toMatchObject({
    mistakes: [expect.stringContaining('PRICES: ')],
  });
  expect(readConfig({ PRICES: join(folder, 'none.json') })).toMatchObject({
    mistakes: [expect.stringContaining('cannot be read')],
  });
});

test('a server that is answered in another way has another tariff, and so has each once prices change', () => {
  const config = readGoodSettings({
    OPENAI_API_KEY: 'k',
    AUDIO_MODEL: 'gpt-audio',
    PIPELINE: 'chained',
  });
  const way = { pipeline: 'chained' as 'audio-model' | 'chained' };
  const tariffIn = createTariffs(config, () => way);
  const chained = tariffIn(toGuildId('g'));
  expect(chained).toEqual(getTariff(config));
  way.pipeline = 'audio-model';
  expect(tariffIn(toGuildId('g')).think).not.toEqual(chained.think);
  // It answers while the other model is out of order.
  expect(tariffIn(toGuildId('g')).others?.think).toContainEqual(chained.think);
  expect(tariffIn(toGuildId('g'), true)).toEqual(getTariff(config));
  config.budget.prices = [];
  expect(tariffIn(toGuildId('g')).think).toMatchObject({
    kind: 'priced',
    isEstimate: true,
  });
});
