import { OpenAI } from 'openai';
import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { makeToken, vacantPort } from '#test/fakes/program.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  madeTexts,
  openOwnScenario,
  scenario,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const text = 'The Millau Viaduct.';

scenario('a bot of the pipeline audio-model talks through a second Parley', async () => {
  const port = await vacantPort();
  await using second = await openOwnScenario({
    environment: { PAGE_PORT: `${port}`, SPEECH_MODELS: 'hd', TRANSCRIPTION_MODELS: 'ears' },
    providers: { replies: [{ match: 'utterance', text }] },
  });
  const { guildId } = second.sandbox;
  const token = await makeToken({ DATA_DIR: second.dataDir }, guildId, 'chat');
  const baseURL = `http://127.0.0.1:${port}/v1`;
  const openai = new OpenAI({ apiKey: token, baseURL, maxRetries: 0 });
  expect((await openai.models.list()).data.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['parley', 'chained']),
  );
  await using first = await openOwnScenario({
    environment: {
      PIPELINE: 'audio-model',
      AUDIO_MODEL_NAME: 'parley',
      AUDIO_MODEL_TRANSCRIPTION_MODEL: 'ears',
      AUDIO_MODEL_SPEECH_MODEL: 'hd',
      CHAT_COMPLETION_BASE_URL: baseURL,
      CHAT_COMPLETION_API_KEY: token,
    },
  });
  const adam = await callIn(first, 'Adam');
  const { heard } = await converse(first, adam, question);
  await expectAlike(heard.pcm, toneOf([text]));
  expect(madeTexts(first)).toEqual([]);
  expect(madeTexts(second)).toEqual([text]);
  const asked = second.providers.requests.map(({ endpoint, body }) => [endpoint, body?.model]);
  const chosen = [
    ['transcriptions', 'ears'],
    ['speech', 'hd'],
  ];
  expect(asked).toEqual(expect.arrayContaining(chosen));
  expect(asked.map(([endpoint]) => endpoint)).toContain('chat');
});
