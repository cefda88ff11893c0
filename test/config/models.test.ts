import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { watchModels } from '#src/app/engines/open-engines.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { listModelsInUse, listSecrets } from '#src/config/models-in-use.ts';
import { listSettingNames } from '#src/config/settings.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { answerModels, openExaminedServer } from '#test/doctor/run-examination.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  readGoodSettings as read,
  readGoodSettings,
  readMistakes,
  readMistakes as refused,
} from './read-settings.ts';

const groups = [...listSettingNames().keys()].flatMap(
  (name) => name.match(/^(.+)_BASE_URL$/)?.[1] ?? [],
);
const named = groups.filter((group) => group !== 'OPENAI');

/** A server of its own for every group there is, each with its own key. */
function makeFullEnvironment(addressOf = (group: string) => `http://${group}.test/v1`) {
  const pairs = named.flatMap((group) => [
    [`${group}_BASE_URL`, addressOf(group.toLowerCase().replaceAll('_', '-'))],
    [`${group}_API_KEY`, `key-of-${group}`],
  ]);
  return readGoodSettings({
    ...Object.fromEntries(pairs),
    DISCORD_TOKEN: 'the-token',
    PIPELINE: 'realtime',
  });
}

test('the model of every server that can be set is in use, under the group it is set in', () => {
  const models = listModelsInUse(makeFullEnvironment().engines);
  expect(models.map(({ role }) => role).sort()).toEqual(named.toSorted());
  for (const { role, baseUrl, apiKey } of models) {
    expect(baseUrl).toContain(role.toLowerCase().replaceAll('_', '-'));
    expect(apiKey?.reveal()).toBe(`key-of-${role}`);
  }
});

test('the model of every server that can be set is watched: its end is told, and each key goes to its own server', async () => {
  const all = Object.values(standardModels).map((id) => ({
    id,
    shutdown_date: '2026-12-24',
  }));
  const questions: string[] = [];
  using server = await openExaminedServer({}, (response, request) => {
    questions.push(`${request.path} ${request.headers.authorization}`);
    answerModels(...all)(response, request);
  });
  const config = makeFullEnvironment((group) => `${server.origin}/${group}`);
  const told: string[] = [];
  using _ = watchModels(config.engines, new VirtualClock(), (news) => {
    if (news.kind === 'alert' && 'of' in news) told.push(news.of.meaning);
  });
  await expect.poll(() => told).toHaveLength(named.length);
  for (const group of named) {
    expect(told).toContainEqual(
      expect.stringMatching(`\\(${group}\\) ends on 2026-12-24$`),
    );
    const path = `/${group.toLowerCase().replaceAll('_', '-')}/models`;
    expect(questions).toContain(`${path} Bearer key-of-${group}`);
  }
  expect(questions).toHaveLength(named.length);
});

test('every key that can be set, and the token, is known as a secret', () =>
  expect(
    listSecrets(makeFullEnvironment())
      .map((secret) => secret.reveal())
      .sort(),
  ).toEqual(['the-token', ...named.map((group) => `key-of-${group}`)].sort()));

test('a model that hears beside one that reads is in use too', () => {
  const model = 'gpt-audio-mini';
  const config = readGoodSettings({ OPENAI_API_KEY: 'a-key', AUDIO_MODEL_NAME: model });
  const hearing = expect.objectContaining({ role: 'AUDIO_MODEL', model });
  expect(listModelsInUse(config.engines)).toContainEqual(hearing);
});

test('no model of OpenAI that is about to end is taken without being asked for', () => {
  const matches = readMistakes({ OPENAI_API_KEY: 'a-key', SPEECH_BACKEND: 'speech' });
  expect(matches).toEqual([expect.stringContaining('SPEECH_MODEL')]);
});

test('gpt-live is refused wherever a model can be set, its recogniser is not', () => {
  const places = [...listSettingNames().keys()].filter(
    (name) =>
      /_MODEL(_NAME)?$/.test(name) && !['LIVE_MODEL', 'TURN_MODEL'].includes(name),
  );
  expect(places).toHaveLength(10);
  for (const placeName of places)
    for (const model of [
      'gpt-live-1',
      'gpt-live-1.1',
      'openai/gpt-live-1',
      'a,gpt-live-2',
    ])
      expect(readMistakes({ [placeName]: model }), placeName).toEqual([
        `${placeName}: gpt-live needs OpenAI's Live API: leave it empty, and set PIPELINE=live and LIVE_MODEL`,
      ]);
  const streaming = { OPENAI_API_KEY: 'a-key', TRANSCRIPTION_BACKEND: 'realtime' };
  expect(
    readMistakes({ ...streaming, TRANSCRIPTION_MODEL: 'gpt-live-transcribe' }),
  ).toEqual([]);
});

test('a Gemini model has a Live API of its own, with a key of its own', () => {
  const chosen = {
    OPENAI_API_KEY: 'k',
    PIPELINE: 'live',
    LIVE_MODEL: 'gemini-3.8-live',
  };
  const { live } = readGoodSettings({ ...chosen, LIVE_API_KEY: 'g' }).engines;
  expect([live?.baseUrl, live?.model, live?.apiKey?.reveal()]).toEqual([
    'https://generativelanguage.googleapis.com',
    'gemini-3.8-live',
    'g',
  ]);
  expect(readMistakes(chosen)).toEqual(['LIVE_API_KEY: missing; Google needs a key']);
});

test('a live model is offered only where it is asked for, with the shared key at the shared address alone', () => {
  expect(readGoodSettings({ OPENAI_API_KEY: 'k' }).engines.live).toBeUndefined();
  const chosen = { OPENAI_API_KEY: 'k', PIPELINE: 'live' };
  const { live } = readGoodSettings(chosen).engines;
  expect([live?.model, live?.apiKey?.reveal(), live?.maxSilenceMs]).toEqual([
    'gpt-live-1',
    'k',
    10_000,
  ]);
  const own = { ...chosen, LIVE_BASE_URL: 'http://127.0.0.1:9/v1' };
  expect(readGoodSettings(own).engines.live?.apiKey).toBeUndefined();
  expect(readMistakes({ PIPELINE: 'live' })).toEqual([
    'PIPELINE: live needs a server; set LIVE_BASE_URL or OPENAI_API_KEY',
  ]);
  expect(readMistakes({ LIVE_MODEL: 'gpt-live-1' })).toEqual([
    'LIVE_API_KEY: missing; OpenAI needs a key; for your own server set LIVE_BASE_URL',
  ]);
});

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

const key = { OPENAI_API_KEY: 'k' };

test('with local no address and no key is used', () => {
  const { speech, transcription } = readGoodSettings({
    ...key,
    TRANSCRIPTION_BACKEND: 'local',
  }).engines;
  expect(transcription).toEqual({
    kind: 'local',
    model: '',
    voice: undefined,
    language: undefined,
  });
  expect(speech).toMatchObject({ kind: 'remote' });
  expect(
    readGoodSettings({ ...key, SPEECH_BACKEND: 'local', SPEECH_VOICE: 'Joe' }).engines
      .speech,
  ).toMatchObject({
    kind: 'local',
    voice: 'Joe',
  });
});

test('the path of a folder is a local model, and is never sent to a vendor', () => {
  const fields = { ...key, TRANSCRIPTION_LANGUAGE: 'de' };
  for (const model of ['./models/mine', '/srv/models/mine'])
    expect(
      readGoodSettings({ ...fields, TRANSCRIPTION_MODEL: model }).engines.transcription,
    ).toMatchObject({
      kind: 'local',
      model,
      language: 'de',
    });
});

test('local takes no name of a model', () =>
  expect(
    readMistakes({
      ...key,
      TRANSCRIPTION_BACKEND: 'local',
      TRANSCRIPTION_MODEL: 'whisper-1',
    }),
  ).toEqual([
    'TRANSCRIPTION_MODEL: local takes the path of a folder, which begins with . or /',
  ]));

test('an old .env says embedded for local, and is told so in one line', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'parley-env-')), '.env');
  writeFileSync(
    path,
    'SPEECH_FALLBACK_BASE_URL=embedded\nSPEECH_BASE_URL=http://one/v1\n',
  );
  const lines: string[] = [];
  const environment = {};
  loadDotEnv((line) => lines.push(line), path, environment);
  expect(lines).toEqual(['SPEECH_FALLBACK_BASE_URL: embedded is called local now.']);
  expect(readGoodSettings(environment).engines.fallbacks.speech).toMatchObject({
    kind: 'local',
  });
});

test('programs may choose among the speech models that the operator lists; the first is the usual one', () => {
  const server = { SPEECH_BASE_URL: 'http://127.0.0.1:8000/v1' };
  expect(
    readGoodSettings({ ...server, SPEECH_MODEL: 'piper' }).engines.speech,
  ).toMatchObject({
    models: ['piper'],
  });
  const config = readGoodSettings({
    ...server,
    SPEECH_MODEL: 'piper, kokoro, piper,tts-1',
  });
  expect(config.engines.speech).toMatchObject({
    model: 'piper',
    models: ['piper', 'kokoro', 'tts-1'],
  });
  expect(
    listModelsInUse(config.engines).map(({ role, model }) => [role, model]),
  ).toEqual([
    ['SPEECH', 'piper'],
    ['SPEECH', 'kokoro'],
    ['SPEECH', 'tts-1'],
  ]);
  for (const wrong of [',', 'a,,b', 'x'.repeat(101), Array(26).fill('a').join()])
    expect(readMistakes({ ...server, SPEECH_MODEL: wrong }), wrong).toEqual([
      'SPEECH_MODEL: must be at most 25 models of at most 100 characters each, with commas between them',
    ]);
});

test('models can be chosen only where each request names one', () => {
  expect(
    readMistakes({
      OPENAI_API_KEY: 'k',
      SPEECH_MODEL: 'gpt-realtime-2.1-mini,gpt-realtime-2.1',
    }),
  ).toEqual([
    'SPEECH_MODEL: a choice of models needs SPEECH_BACKEND=speech; this is realtime',
  ]);
  const streaming = { OPENAI_API_KEY: 'k', TRANSCRIPTION_BACKEND: 'realtime' };
  expect(
    readMistakes({
      ...streaming,
      TRANSCRIPTION_MODEL: 'gpt-live-transcribe,whisper-1',
    }),
  ).toEqual([
    'TRANSCRIPTION_MODEL: a choice of models needs TRANSCRIPTION_BACKEND=file; this is realtime',
  ]);
});
