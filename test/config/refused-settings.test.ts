import { expect, test } from 'vitest';
import { modelsInUse } from '#src/config/models.ts';
import { good, mistakes } from './read-settings.ts';

test.each(['REALTIME_MODEL', 'CHAT_COMPLETION_MODEL', 'AUDIO_MODEL_NAME', 'SPEECH_MODEL'])(
  'a model that no request of the bot can reach is refused at start in %s',
  (name) => {
    const given = { OPENAI_API_KEY: 'k', [name]: 'gpt-live-1' };
    expect(mistakes(given)).toEqual([
      expect.stringMatching(/gpt-live-1 answers only over.*Live API/),
    ]);
    good({ OPENAI_API_KEY: 'k', TRANSCRIPTION_MODEL: 'gpt-live-transcribe' });
  },
);

test('people may choose the speech models that the operator lists, and by default none but the usual one', () => {
  const server = { SPEECH_BASE_URL: 'http://127.0.0.1:8000/v1', SPEECH_MODEL: 'piper' };
  expect(good(server).speech).toMatchObject({ models: ['piper'] });
  const more = good({ ...server, SPEECH_MODELS: 'kokoro, piper,tts-1' });
  expect(more.speech).toMatchObject({ model: 'piper', models: ['piper', 'kokoro', 'tts-1'] });
  expect(modelsInUse(more).map(({ role, model }) => [role, model])).toEqual([
    ['SPEECH', 'piper'],
    ['SPEECH_MODELS', 'kokoro'],
    ['SPEECH_MODELS', 'tts-1'],
  ]);
  for (const wrong of [',', 'a,,b', 'x'.repeat(101), Array(25).fill('a').join()])
    expect(mistakes({ ...server, SPEECH_MODELS: wrong }), wrong).toEqual([
      'SPEECH_MODELS: must be at most 24 models of at most 100 characters each, with commas between them',
    ]);
  expect(mistakes({ ...server, SPEECH_MODELS: 'kokoro,gpt-live-1' })).toHaveLength(1);
});

test('speech models can be chosen only where texts go to /audio/speech', () => {
  expect(mistakes({ SPEECH_MODELS: 'kokoro' })).toEqual([
    'SPEECH_MODELS: a choice of models needs a server; set SPEECH_BASE_URL or OPENAI_API_KEY',
  ]);
  expect(mistakes({ OPENAI_API_KEY: 'k', SPEECH_MODELS: 'tts-1' })).toEqual([
    'SPEECH_MODELS: a choice of models needs SPEECH_BACKEND=speech; this is realtime',
  ]);
});
