import { expect, test } from 'vitest';
import { modelsInUse, secretsOf } from '#src/config/models.ts';
import { settingNames } from '#src/config/settings.ts';
import { good, mistakes } from './read-settings.ts';

const groups = [...settingNames().keys()].flatMap(
  (name) => name.match(/^(.+)_BASE_URL$/)?.[1] ?? [],
);
const named = groups.filter((group) => group !== 'OPENAI');

/** A server of its own for every group there is, each with its own key. */
function everything() {
  const pairs = named.flatMap((group) => [
    [`${group}_BASE_URL`, `http://${group.toLowerCase().replaceAll('_', '-')}.test/v1`],
    [`${group}_API_KEY`, `key-of-${group}`],
  ]);
  return good({ ...Object.fromEntries(pairs), DISCORD_TOKEN: 'the-token', PIPELINE: 'realtime' });
}

test('the model of every server that can be set is watched, under the group it is set in', () => {
  const models = modelsInUse(everything());
  expect(models.map(({ role }) => role).sort()).toEqual(named.toSorted());
  for (const { role, baseUrl, apiKey } of models) {
    expect(baseUrl).toContain(role.toLowerCase().replaceAll('_', '-'));
    expect(apiKey?.reveal()).toBe(`key-of-${role}`);
  }
});

test('every key that can be set, and the token, is known as a secret', () => {
  const secrets = secretsOf(everything()).map((secret) => secret.reveal());
  expect(secrets.sort()).toEqual(['the-token', ...named.map((group) => `key-of-${group}`)].sort());
});

test('a model that hears beside one that reads is watched too', () => {
  const model = 'gpt-audio-mini';
  const models = modelsInUse(good({ OPENAI_API_KEY: 'a-key', AUDIO_MODEL_NAME: model }));
  expect(models).toContainEqual(expect.objectContaining({ role: 'AUDIO_MODEL', model }));
});

test('no model of OpenAI that is about to end is taken without being asked for', () => {
  const found = mistakes({ OPENAI_API_KEY: 'a-key', SPEECH_BACKEND: 'speech' });
  expect(found).toEqual([expect.stringContaining('SPEECH_MODEL')]);
});
