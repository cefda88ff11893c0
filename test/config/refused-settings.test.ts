import { listModelsInUse } from '#src/config/models-in-use.ts';
import { readGoodSettings, readMistakes } from './read-settings.ts';

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
