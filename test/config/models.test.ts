import { watchModels } from '#src/app/engines/open-engines.ts';
import { listModelsInUse, listSecrets } from '#src/config/models-in-use.ts';
import { listSettingNames } from '#src/config/settings.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { answerModels, openExaminedServer } from '#test/doctor/run-examination.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

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
