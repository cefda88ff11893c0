import { resamplePcm } from '#src/audio/resampler.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import { collectSound } from '#test/contracts/synthesizer-contract.ts';
import { transcribeText as wordsOf } from '#test/contracts/transcriber-contract.ts';
import { runExamination } from '#test/doctor/run-examination.ts';
import { openBotDoors } from '#test/speech/dialects/bot-doors.ts';

const { XLLAMACPP, FASTER_WHISPER_SERVER, FASTKOKORO, TRANSFORMERS_SERVE } =
  process.env;
const utterance = 'The sun is shining in the garden.';
/** llama.cpp's code with random weights and a grammar; Whisper tiny and Kokoro with their own. */
const settings = {
  CHAT_COMPLETION_BASE_URL: `${XLLAMACPP}/v1`,
  CHAT_COMPLETION_MODEL: 'tiny',
  CHAT_COMPLETION_API_KEY: 'sk-tiny',
  TRANSCRIPTION_BASE_URL: `${FASTER_WHISPER_SERVER}/v1`,
  TRANSCRIPTION_MODEL: 'whisper-1',
  SPEECH_BASE_URL: `${FASTKOKORO}/v1`,
  SPEECH_MODEL: 'kokoro',
  SPEECH_VOICE: 'af_heart',
  SPEECH_FORMAT: 'wav',
};
const transformersServe = `${TRANSFORMERS_SERVE}/v1`;
/** Two models whose weights were made: one hears and one says the same sentence always. */
const transformersSettings = {
  ...settings,
  CHAT_COMPLETION_BASE_URL: transformersServe,
  CHAT_COMPLETION_MODEL: 'tiny-chat',
  TRANSCRIPTION_BASE_URL: transformersServe,
  TRANSCRIPTION_MODEL: 'tiny-whisper',
};

// Proves: llama.cpp by real (xllamacpp 2026.10.11549, its server's code: thinking)
// Proves: faster-whisper-server by real (0.0.3, Whisper tiny: hearing)
// Proves: fastkokoro by real (0.7.0, Kokoro-82M: speaking)
test('what a person says is heard by Whisper and answered by llama.cpp, and Kokoro says it so that Whisper hears it', async () => {
  await using bot = await openBotDoors(settings);
  const transcript = await wordsOf(bot.transcriber, readSpeech('human-goforward'));
  expect(transcript).toBe('Go forward 10 meters.');
  const { parts, error } = await bot.answer(transcript);
  expect([error, joinTexts(parts)]).toEqual([undefined, utterance]);
  const sound = parts.flatMap((part) =>
    part.kind === 'audio' ? [...part.pcm.samples] : [],
  );
  const samples = Int16Array.from(sound);
  // The first answer of a server may take longest, and this machine may be slow.
  await using other = await openBotDoors(settings);
  const again = resamplePcm({ samples, rateHz: 24_000, channels: 1 }, 16_000);
  expect(await wordsOf(other.transcriber, again)).toBe(utterance);
});

test('a wrong key, a wrong address and an unknown voice are each named', async () => {
  await using bot = await openBotDoors({
    ...settings,
    CHAT_COMPLETION_API_KEY: 'sk-wrong',
    TRANSCRIPTION_BASE_URL: `${FASTER_WHISPER_SERVER}/v2`,
    SPEECH_VOICE: 'alloy',
  });
  expect((await bot.answer('Hello?')).error).toMatchObject({
    code: 'provider.bad_key',
  });
  await expect(
    wordsOf(bot.transcriber, readSpeech('human-goforward')),
  ).rejects.toMatchObject({
    about: { status: 404 },
  });
  await expect(collectSound(bot.synthesizer, 'Hello.')).rejects.toMatchObject({
    message: expect.stringContaining("Voice 'alloy' is not available"),
    about: { status: 400 },
  });
});

// Proves: transformers serve by real (5.24.0, made weights: hearing, thinking)
test('transformers serve hears a person, its answer is spoken as it is written, and the doctor says what it lacks', async () => {
  await using bot = await openBotDoors(transformersSettings);
  const transcript = await wordsOf(bot.transcriber, readSpeech('human-goforward'));
  expect(transcript).toBe('Go forward ten meters.');
  const { parts, error } = await bot.answer(transcript);
  expect([error, joinTexts(parts)]).toEqual([undefined, utterance]);
  const kinds = parts.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'text')).toHaveLength(7);
  expect(kinds).toContain('audio');
  // It lists only models that it has loaded.
  const { text } = await runExamination(['--provider', transformersServe], {}, 60_000);
  expect(text).toMatch(
    /ok +think +tiny-chat: first word.+unknown field.+ 422: Unexpected fields.+speak .+ error 404.+TRANSCRIPTION_MODEL=tiny-whisper/s,
  );
});

test('a model that transformers serve does not know is named as unknown', async () => {
  await using bot = await openBotDoors({
    ...transformersSettings,
    CHAT_COMPLETION_MODEL: 'tiny',
  });
  const { error } = await bot.answer('Hello?');
  expect(error).toMatchObject({ code: 'provider.refused', about: { status: 500 } });
});
