import { pickModels } from '#doctor/pick-models.ts';

const listModels = (...ids: string[]) => ({
  kind: 'listed' as const,
  models: ids.map((id) => ({ id })),
});

test('models are taken for what their names say', () => {
  const openAi = listModels(
    'whisper-1',
    'gpt-transcribe',
    'tts-1',
    'gpt-4o',
    'gpt-6-luna',
    'gpt-audio-1.5',
    'gpt-realtime-2.1',
    'text-embedding-3-large',
  );
  expect(pickModels(openAi)).toEqual({
    CHAT_COMPLETION: { model: 'gpt-6-luna', isGuess: false },
    SPEECH: { model: 'tts-1', isGuess: false },
    TRANSCRIPTION: { model: 'gpt-transcribe', isGuess: false },
    REALTIME: { model: 'gpt-realtime-2.1', isGuess: false },
    LIVE: { model: 'whisper-1', isGuess: true },
    realtimeSpeech: { model: 'gpt-realtime-2.1', isGuess: false },
  });
  const speaches = listModels(
    'Systran/faster-whisper-small',
    'speaches-ai/Kokoro-82M-v1.0-ONNX',
  );
  expect(pickModels(speaches)).toMatchObject({
    SPEECH: { model: 'speaches-ai/Kokoro-82M-v1.0-ONNX', isGuess: false },
    TRANSCRIPTION: { model: 'Systran/faster-whisper-small', isGuess: false },
    CHAT_COMPLETION: { isGuess: true },
  });
});

test('models of the Live API and of the Realtime API are told apart', () => {
  const picks = pickModels(
    listModels('gpt-live-1', 'gpt-live-transcribe', 'gpt-realtime-2.1-mini'),
  );
  expect(picks).toMatchObject({
    REALTIME: { model: 'gpt-realtime-2.1-mini' },
    LIVE: { model: 'gpt-live-1', isGuess: false },
    TRANSCRIPTION: { model: 'gpt-live-transcribe' },
  });
  expect(pickModels(listModels('gpt-live-1')).REALTIME.isGuess).toBe(true);
});
