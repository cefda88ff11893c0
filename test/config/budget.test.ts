import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '#src/config/config.ts';
import { removedLimits } from '#src/config/removed-settings.ts';
import { mayCostMoney, tariffOf, tariffsOf } from '#src/config/tariffs.ts';
import type { Config } from '#src/config/types.ts';

function good(environment: NodeJS.ProcessEnv): Config {
  const result = readConfig(environment);
  if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
  return result.config;
}

test('budgets are on by default, in money and in minutes', () => {
  const { personDay, serverDay, serverMonth } = good({}).budget.caps;
  expect(personDay).toEqual({ nanoUsd: 1e9, ms: 120 * 60_000 });
  expect(serverDay).toEqual({ nanoUsd: 5e9, ms: 600 * 60_000 });
  expect(serverMonth).toEqual({ nanoUsd: 50e9, ms: 6_000 * 60_000 });
});

test('0 is no limit, and anything but a number is a mistake that names its setting', () => {
  const { caps } = good({ BUDGET_SERVER_DAY_USD: '0' }).budget;
  expect(caps.serverDay.nanoUsd).toBe(0);
  const bad = readConfig({ BUDGET_PERSON_DAY_USD: 'lots', BUDGET_SERVER_MONTH_MINUTES: '-1' });
  expect(bad.kind === 'bad' ? bad.mistakes.map((line) => line.split(':')[0]) : []).toEqual([
    'BUDGET_PERSON_DAY_USD',
    'BUDGET_SERVER_MONTH_MINUTES',
  ]);
});

test('a limit that is gone and still set is a mistake that names the limits there are', () => {
  for (const name of Object.keys(removedLimits))
    expect(readConfig({ [name]: '0' }), name).toEqual({
      kind: 'bad',
      mistakes: [expect.stringMatching(`^${name}: is no limit any more.*BUDGET_TOTAL_DAY_USD`)],
    });
});

test('with OpenAI every role has its price, with a server of one’s own none, and what is embedded is free', () => {
  const { recognise, think, speak } = tariffOf(good({ OPENAI_API_KEY: 'k' }));
  expect([recognise.kind, think.kind]).toEqual(['priced', 'priced']);
  expect(['priced', 'free', 'unpriced']).toContain(speak.kind);
  const live = good({ OPENAI_API_KEY: 'k', TRANSCRIPTION_BACKEND: 'realtime' });
  expect(tariffOf(live)).toMatchObject({ recognise: { kind: 'priced' }, streams: true });
  const own = tariffOf(good({ SPEECH_BASE_URL: 'http://127.0.0.1:8880/v1' }));
  expect(own).toEqual({
    recognise: { kind: 'free' },
    think: { kind: 'free' },
    speak: { kind: 'unpriced' },
  });
});

test('only servers elsewhere, and those with a price, can cost money', () => {
  const own = { OPENAI_BASE_URL: 'http://192.168.1.4:1234/v1' };
  for (const free of [{}, own, { CHAT_COMPLETION_BASE_URL: 'http://ollama:11434/v1' }])
    expect(mayCostMoney(good(free)), JSON.stringify(free)).toBe(false);
  const elsewhere = 'https://api.groq.com/openai/v1';
  for (const paid of [
    { OPENAI_API_KEY: 'k' },
    { ...own, CHAT_COMPLETION_BASE_URL: elsewhere },
    { ...own, CHAT_COMPLETION_FALLBACK_BASE_URL: elsewhere, CHAT_COMPLETION_FALLBACK_MODEL: 'm' },
    { REALTIME_BASE_URL: 'wss://realtime.example/v1' },
  ])
    expect(mayCostMoney(good(paid)), JSON.stringify(paid)).toBe(true);
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
  expect(tariffOf(good({ ...own, PRICES: file })).speak).toEqual({
    kind: 'priced',
    usd: price.usd,
  });
  expect([mayCostMoney(good(own)), mayCostMoney(good({ ...own, PRICES: file }))]).toEqual([
    false,
    true,
  ]);
  writeFileSync(file, '[{"model":"speaks"}]');
  expect(readConfig({ PRICES: file })).toMatchObject({
    mistakes: [expect.stringContaining('PRICES: ')],
  });
  expect(readConfig({ PRICES: join(folder, 'none.json') })).toMatchObject({
    mistakes: [expect.stringContaining('cannot be read')],
  });
});

test('the next voice is cheaper only where its price is known to be lower', () => {
  const usual = { SPEECH_BASE_URL: 'http://127.0.0.1:8880/v1' };
  const embedded = tariffOf(good({ ...usual, SPEECH_FALLBACK_BASE_URL: 'embedded' }));
  expect(embedded.cheaperVoice).toEqual({ kind: 'free' });
  const other = { SPEECH_FALLBACK_BASE_URL: 'http://127.0.0.1:8881/v1' };
  expect(tariffOf(good({ ...usual, ...other })).cheaperVoice).toBeUndefined();
});

test('a server that is answered in another way has another tariff, and so has each once prices change', () => {
  const config = good({ OPENAI_API_KEY: 'k', AUDIO_MODEL: 'gpt-audio', PIPELINE: 'chained' });
  const way = { pipeline: 'chained' as 'audio-model' | 'chained' };
  const tariffIn = tariffsOf(config, () => way);
  const chained = tariffIn('g');
  expect(chained).toEqual(tariffOf(config));
  way.pipeline = 'audio-model';
  expect(tariffIn('g').think).not.toEqual(chained.think);
  expect(tariffIn('g', true)).toEqual(tariffOf(config));
  config.budget.prices = [];
  expect(tariffIn('g').think).toEqual({ kind: 'unpriced' });
});
