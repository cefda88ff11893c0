import { readGoodSettings as read, readMistakes as refused } from './read-settings.ts';

const servers = {
  TRANSCRIPTION_BASE_URL: 'http://one/v1',
  CHAT_COMPLETION_BASE_URL: 'http://one/v1',
  SPEECH_BASE_URL: 'http://one/v1',
};

const readGood = (environment: NodeJS.ProcessEnv) =>
  read({ ...servers, ...environment });
const listMistakes = (environment: NodeJS.ProcessEnv) =>
  refused({ ...servers, ...environment });

test('a fall-back has its own model, key and voice', () => {
  const baseUrl = 'http://two/v1';
  const voiced = { SPEECH_FALLBACK_BASE_URL: baseUrl, SPEECH_FALLBACK_VOICE: 'amy' };
  expect(
    readGood({ ...voiced, SPEECH_FALLBACK_MODEL: 'piper' }).engines.fallbacks.speech,
  ).toMatchObject({
    baseUrl,
    model: 'piper',
    voice: 'amy',
    backend: 'speech',
  });
  expect(
    readGood({
      ...voiced,
      SPEECH_FALLBACK_BASE_URL: 'local',
      SPEECH_FALLBACK_VOICE: 'rms',
    }).engines.fallbacks.speech,
  ).toMatchObject({ kind: 'local', voice: 'rms' });
});

test('a chat server with a fall-back is waited for 30 s, unless the operator says otherwise', () => {
  const fields = { CHAT_COMPLETION_FALLBACK_BASE_URL: 'http://two/v1' };
  expect(readGood({}).engines.deadlines.chat.firstMs).toBe(300_000);
  expect(readGood(fields).engines.deadlines.chat.firstMs).toBe(30_000);
  const longer = readGood({ ...fields, CHAT_COMPLETION_FIRST_BYTE_SECONDS: '100' });
  expect(longer.engines.deadlines.chat.firstMs).toBe(100_000);
});

test('a fall-back that uses the shared address uses the shared key, and another does not', () => {
  const fields = {
    OPENAI_API_KEY: 'k',
    CHAT_COMPLETION_FALLBACK_BASE_URL: 'https://api.openai.com/v1',
  };
  expect(readGood(fields).engines.fallbacks.chat).toHaveProperty('apiKey');
  const { chat } = readGood({
    OPENAI_API_KEY: 'k',
    CHAT_COMPLETION_FALLBACK_BASE_URL: 'http://two/v1',
  }).engines.fallbacks;
  expect(chat).not.toMatchObject({ apiKey: expect.anything() });
});

test.each([
  [{ SPEECH_FALLBACK_VOICE: 'amy' }, 'SPEECH_FALLBACK_BASE_URL: missing'],
  [{ CHAT_COMPLETION_FALLBACK_BASE_URL: 'local' }, 'must be an address'],
  [{ TRANSCRIPTION_FALLBACK_BASE_URL: 'two' }, 'or local'],
  [
    { SPEECH_FALLBACK_BASE_URL: 'https://api.openai.com/v1' },
    'SPEECH_FALLBACK_API_KEY: missing',
  ],
  [
    { SPEECH_BASE_URL: '', SPEECH_FALLBACK_BASE_URL: 'http://two/v1' },
    'a fallback needs a first server',
  ],
])('%o is a mistake: %s', (environment, text) =>
  expect(listMistakes(environment)).toEqual([expect.stringContaining(text)]),
);
