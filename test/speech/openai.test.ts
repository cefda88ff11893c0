import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { collectSound, testSynthesizer } from '#test/contracts/synthesizer-contract.ts';
import {
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';
import {
  instantPace,
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { readRecording } from './recordings.ts';

let server: MockProviders;
const utterances = [
  readRecording('human-something'),
  readRecording('human-cards-004'),
] as const;
const usual: Partial<MockSettings> = {
  pace: instantPace,
  trouble: {},
  hears: ({ samples }) =>
    utterances.find(({ pcm }) => pcm.samples.length === samples.length)?.text ?? '?',
};

beforeAll(async () => {
  server = await openMockProviders(usual);
});
beforeEach(() => server.set({ ...usual, onlyFormat: 'pcm', rateHz: 24_000 }));
afterAll(() => server[Symbol.asyncDispose]());

const openServerClient = () =>
  openClient({ baseUrl: server.baseUrl, apiKey: new Secret('hunter22') });
const makeHearing = (model = 'whisper-1') =>
  new OpenAiTranscriber(openServerClient(), {
    model,
    language: admitChosenLanguage('en'),
  });
const makeSpeaking = () =>
  new OpenAiSynthesizer(openServerClient(), {
    model: 'tts',
    voice: 'alloy',
    format: 'pcm',
  });

testTranscriber('OpenAI transcriptions', () => makeHearing(), utterances);
testSynthesizer('OpenAI speech', () => makeSpeaking());

test('an utterance goes up as a 16 kHz WAV file with the model and the language', async () => {
  await transcribeText(makeHearing(), utterances[0].pcm);
  expect(server.requests.at(-1)?.body).toEqual({
    model: 'whisper-1',
    language: 'en',
    response_format: 'json',
  });
  await transcribeText(makeHearing('gpt-transcribe'), utterances[0].pcm);
  expect(server.requests.at(-1)?.body).toMatchObject({ 'languages[]': 'en' });
});

test.each([
  ['pcm', 'pcm', 24_000],
  ['pcm', 'wav', 16_000],
  ['wav', 'wav', 48_000],
] as const)(
  'asked for %s and sent %s at %i Hz, the sound arrives whole',
  async (request, sent, rateHz) => {
    server.set({ onlyFormat: sent, rateHz });
    const synthesizer = new OpenAiSynthesizer(openServerClient(), {
      model: 'tts',
      voice: 'alloy',
      format: request,
    });
    const sound = await collectSound(synthesizer, 'Go on.');
    if (sent === 'wav') expect(sound.rateHz).toBe(rateHz);
    expect(sound.samples).toEqual(makeTone('Go on.', rateHz));
  },
);
