import { expect, test } from 'vitest';
import { lifecycle } from '#doctor/lifecycle.ts';
import { pickModels } from '#doctor/probes/pick-models.ts';
import { readHeader, sayHeader } from '#doctor/probes/probe-speech.ts';
import { hum, roundTrip } from '#doctor/probes/round-trip.ts';
import { writeWav } from '#src/audio/wav.ts';

const wav = writeWav({ samples: new Int16Array(100), rateHz: 22_050, channels: 2 });
const list = (...ids: string[]) => ({ kind: 'listed' as const, models: ids.map((id) => ({ id })) });

test('a WAV header tells its rate, its sizes and what stands before the sound', () => {
  const junk = Buffer.from('LIST\x05\x00\x00\x00hello\x00', 'latin1');
  const other = Buffer.concat([wav.subarray(0, 36), junk, wav.subarray(36)]);
  other.writeUInt32LE(0x7fffffff, 36 + junk.length + 4);
  const header = readHeader(other);
  expect(header).toMatchObject({ rateHz: 22_050, channels: 2, bits: 16, dataAt: 58 });
  expect(header && sayHeader(header, other.length)).toBe(
    '22050 Hz, 2 channels, 16 bit, sound at byte 58, open end (size 0x7FFFFFFF), LIST before the sound',
  );
});

test('figures and words are the same to a round trip, and half a text is not enough', () => {
  const clip = { pcm: hum(), text: 'One two three. Thank you.' };
  expect(roundTrip('1 2, 3 thank you', clip)).toMatchObject({ verdict: 'ok' });
  expect(roundTrip('Thank you.', clip)).toMatchObject({ verdict: 'differs' });
});

test('models are taken for what their names say', () => {
  const openAi = list(
    'whisper-1',
    'gpt-transcribe',
    'tts-1',
    'gpt-4o',
    'gpt-6-luna',
    'gpt-audio-1.5',
    'gpt-realtime-2.1',
    'text-embedding-3-large',
  );
  expect(pickModels(openAi, {})).toEqual({
    chat: { model: 'gpt-6-luna', isGuess: false },
    speech: { model: 'tts-1', isGuess: false },
    transcription: { model: 'gpt-transcribe', isGuess: false },
    realtime: { model: 'gpt-realtime-2.1', isGuess: false },
    realtimeSpeech: { model: 'gpt-realtime-2.1', isGuess: false },
    audioChat: { model: 'gpt-audio-1.5', isGuess: false },
  });
  const speaches = list('Systran/faster-whisper-small', 'speaches-ai/Kokoro-82M-v1.0-ONNX');
  expect(pickModels(speaches, {})).toMatchObject({
    speech: { model: 'speaches-ai/Kokoro-82M-v1.0-ONNX', isGuess: false },
    transcription: { model: 'Systran/faster-whisper-small', isGuess: false },
    chat: { isGuess: true },
  });
  const named = { chat: 'mine', speech: 'yours' };
  expect(pickModels(speaches, named)).toMatchObject({
    chat: { model: 'mine', isGuess: false },
    speech: { model: 'yours', isGuess: false },
  });
});

test('of a name that OpenAI uses too, a server of one’s own is asked to know itself', () => {
  const alias = { role: 'SPEECH', model: 'gpt-4o-mini-tts', baseUrl: 'http://127.0.0.1:4000/v1' };
  const found = lifecycle(alias, { kind: 'not offered' }, Date.parse('2026-11-20'));
  expect(found).toMatchObject({ verdict: 'ok', why: expect.stringContaining('2027-01-06') });
});

test('the doctor warns of an end 120 days ahead, twice as early as the bot', () => {
  const model = { role: 'TRANSCRIPTION', model: 'whisper-1', baseUrl: 'https://api.openai.com/v1' };
  const found = lifecycle(model, { kind: 'not offered' }, Date.parse('2026-11-20'));
  expect(found).toMatchObject({
    verdict: 'differs',
    why: expect.stringContaining('set TRANSCRIPTION_MODEL=gpt-transcribe'),
  });
});
