import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readConfig } from '#src/config/config.ts';
import type { Config } from '#src/config/types.ts';

const servers = {
  TRANSCRIPTION_BASE_URL: 'http://one/v1',
  CHAT_COMPLETION_BASE_URL: 'http://one/v1',
  SPEECH_BASE_URL: 'http://one/v1',
};

function good(environment: NodeJS.ProcessEnv): Config {
  const result = readConfig({ ...servers, ...environment });
  if (result.kind === 'bad') throw new Error(result.mistakes.join('\n'));
  return result.config;
}

function mistakes(environment: NodeJS.ProcessEnv): readonly string[] {
  const result = readConfig({ ...servers, ...environment });
  return result.kind === 'bad' ? result.mistakes : [];
}

test('without a fall-back there is none', () => {
  expect(good({}).fallbacks).toEqual({});
});

test('a fall-back has its own model, key and voice', () => {
  const baseUrl = 'http://two/v1';
  const voiced = { SPEECH_FALLBACK_BASE_URL: baseUrl, SPEECH_FALLBACK_VOICE: 'amy' };
  const { speech } = good({ ...voiced, SPEECH_FALLBACK_MODEL: 'piper' }).fallbacks;
  expect(speech).toMatchObject({ baseUrl, model: 'piper', voice: 'amy', backend: 'speech' });
  const own = { ...voiced, SPEECH_FALLBACK_BASE_URL: 'embedded', SPEECH_FALLBACK_VOICE: 'rms' };
  expect(good(own).fallbacks.speech).toEqual({ kind: 'embedded', voice: 'rms' });
});

test('a chat server with a fall-back is waited for 30 s, unless the operator says otherwise', () => {
  const given = { CHAT_COMPLETION_FALLBACK_BASE_URL: 'http://two/v1' };
  expect(good({}).deadlines.chat.firstMs).toBe(300_000);
  expect(good(given).deadlines.chat.firstMs).toBe(30_000);
  const longer = good({ ...given, CHAT_COMPLETION_FIRST_BYTE_SECONDS: '100' });
  expect(longer.deadlines.chat.firstMs).toBe(100_000);
});

test('a fall-back that uses the shared address uses the shared key, and another does not', () => {
  const openai = 'https://api.openai.com/v1';
  const given = { OPENAI_API_KEY: 'k', CHAT_COMPLETION_FALLBACK_BASE_URL: openai };
  expect(good(given).fallbacks.chat).toHaveProperty('apiKey');
  const foreign = { OPENAI_API_KEY: 'k', CHAT_COMPLETION_FALLBACK_BASE_URL: 'http://two/v1' };
  const { chat } = good(foreign).fallbacks;
  expect(chat).not.toHaveProperty('apiKey');
});

test('OpenAI as a fall-back speaks over Realtime, unless a model is named that speaks otherwise', () => {
  const base = { SPEECH_FALLBACK_BASE_URL: 'https://api.openai.com/v1' };
  const { speech } = good({ ...base, SPEECH_FALLBACK_API_KEY: 'k' }).fallbacks;
  expect(speech).toMatchObject({ backend: 'realtime', model: 'gpt-realtime-2.1-mini' });
  const named = { ...base, SPEECH_FALLBACK_API_KEY: 'k', SPEECH_FALLBACK_MODEL: 'tts-1' };
  expect(good(named).fallbacks.speech).toMatchObject({ backend: 'speech' });
});

test.each([
  [{ SPEECH_FALLBACK_VOICE: 'amy' }, 'SPEECH_FALLBACK_BASE_URL: missing'],
  [{ CHAT_COMPLETION_FALLBACK_BASE_URL: 'embedded' }, 'must be an address'],
  [{ TRANSCRIPTION_FALLBACK_BASE_URL: 'two' }, 'or embedded'],
  [{ SPEECH_FALLBACK_BASE_URL: 'https://api.openai.com/v1' }, 'SPEECH_FALLBACK_API_KEY: missing'],
  [
    { SPEECH_BASE_URL: '', SPEECH_FALLBACK_BASE_URL: 'http://two/v1' },
    'a fallback needs a first server',
  ],
])('%o is a mistake: %s', (environment, words) => {
  expect(mistakes(environment)).toEqual([expect.stringContaining(words)]);
});

test('keys of fall-backs are never printed', () => {
  const config = good({
    SPEECH_FALLBACK_BASE_URL: 'http://two/v1',
    SPEECH_FALLBACK_API_KEY: 'hush-key',
  });
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain('hush');
});
