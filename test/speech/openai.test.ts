import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Secret } from '#src/base/secret.ts';
import { openClient } from '#src/provider/client.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { openTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { soundOf, synthesizerContract } from '#test/contracts/synthesizer.ts';
import { textOf, transcriberContract } from '#test/contracts/transcriber.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import {
  instantPace,
  type MockProviders,
  openMockProviders,
} from '#test/fakes/providers/providers.ts';
import { tone } from '#test/fakes/providers/sound.ts';
import { recording } from './recordings.ts';

let server: MockProviders;
const utterances = [
  await recording('human-something'),
  await recording('human-cards-004'),
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

const client = () => openClient({ baseUrl: server.baseUrl, apiKey: new Secret('hunter22') });
const hearing = (model = 'whisper-1') => openTranscriber(client(), { model, language: 'en' });
const speaking = (format: 'pcm' | 'wav' = 'pcm', rate: { readonly rateHz?: number } = {}) =>
  openSynthesizer(client(), { model: 'tts', voice: 'alloy', format, ...rate });

transcriberContract('OpenAI transcriptions', () => hearing(), utterances);
synthesizerContract('OpenAI speech', () => speaking());

test('an utterance goes up as a 16 kHz WAV file with the model and the language', async () => {
  await textOf(hearing(), utterances[0].pcm);
  expect(server.requests.at(-1)?.body).toEqual({
    model: 'whisper-1',
    language: 'en',
    response_format: 'json',
  });
  await textOf(hearing('gpt-transcribe'), utterances[0].pcm);
  expect(server.requests.at(-1)?.body).toMatchObject({ 'languages[]': 'en' });
});

test('an utterance that is known to be in a language goes up with that one, without its region', async () => {
  const german = hearing().inLanguage?.('de-AT') ?? expect.fail();
  await textOf(german, utterances[0].pcm);
  expect(server.requests.at(-1)?.body).toMatchObject({ language: 'de' });
});

test('silence costs no request', async () => {
  const before = server.requests.length;
  await textOf(hearing(), { samples: new Int16Array(32_000), rateHz: 16_000, channels: 1 });
  expect(server.requests.length).toBe(before);
});

test.each([
  ['pcm', 'pcm', 24_000],
  ['pcm', 'wav', 16_000],
  ['wav', 'wav', 48_000],
] as const)(
  'asked for %s and sent %s at %i Hz, the sound arrives whole',
  async (asked, sent, rateHz) => {
    server.set({ onlyFormat: sent, rateHz });
    const synthesizer = openSynthesizer(client(), { model: 'tts', voice: 'alloy', format: asked });
    const sound = await soundOf(synthesizer, 'Go on.');
    if (sent === 'wav') expect(sound.rateHz).toBe(rateHz);
    expect(sound.samples).toEqual(tone('Go on.', rateHz));
  },
);

test('sound is handed on while the server still speaks', async () => {
  server.set({ pace: { ...instantPace, soundSpeed: 5 } });
  const signal = new AbortController().signal;
  for await (const _ of speaking().synthesize('A sentence of some length.', {}, signal)) break;
  const { endedAtMs } = server.requests.at(-1) ?? {};
  expect(endedAtMs).toBeUndefined();
});

test('the voice, its tone and its pace are asked for', async () => {
  await soundOf(speaking(), 'Hi.', { name: 'nova', instructions: 'calm', speed: 1.2 });
  expect(server.requests.at(-1)?.body).toEqual({
    model: 'tts',
    input: 'Hi.',
    voice: 'nova',
    response_format: 'pcm',
    instructions: 'calm',
    speed: 1.2,
  });
});

test('raw samples without a label are played at the rate that was set', async () => {
  const { rateHz } = await soundOf(speaking('pcm', { rateHz: 16_000 }), 'Hi.');
  expect(rateHz).toBe(16_000);
  expect((await soundOf(speaking(), 'Hi.')).rateHz).toBe(24_000);
});

test('a text beyond the limit of the server becomes several requests', async () => {
  server.set({ onlyFormat: 'wav', rateHz: 8000 });
  const before = server.requests.length;
  const text = 'This is a sentence. '.repeat(210).trim();
  await Array.fromAsync(speaking().synthesize(text, {}, new AbortController().signal));
  const sent = server.requests.slice(before).map((request) => request.text ?? '');
  expect(sent.length).toBe(2);
  expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(4000);
  expect(sent.join(' ')).toBe(text);
});

test.each([
  ['html', 'provider.wrong_type'],
  ['bad-key', 'provider.bad_key'],
  ['rate-limited', 'provider.rate_limited'],
  ['error-500', 'provider.refused'],
  ['redirect', 'provider.refused'],
  ['dropped', 'provider.truncated'],
  ['empty', 'provider.empty'],
] as const)('the fault %s is %s for hearing and for speaking', async (trouble, code) => {
  server.set({ trouble: { transcriptions: trouble, speech: trouble } });
  await expect(textOf(hearing(), utterances[0].pcm)).rejects.toMatchObject({ code });
  await expect(soundOf(speaking(), 'Go on.')).rejects.toMatchObject({ code });
});

test('a listener who is interrupted hangs up on the server', async () => {
  server.set({ trouble: { speech: 'stalled' } });
  const leaving = new AbortController();
  const reason = new Error('stop');
  const read = async () => {
    for await (const _ of speaking().synthesize('Go on.', {}, leaving.signal))
      leaving.abort(reason);
  };
  await expect(read()).rejects.toBe(reason);
  await expect.poll(() => server.requests.at(-1)?.leftAtMs).toBeDefined();
});

test('sentences that are interrupted leave no connection behind', async () => {
  await using own = await openMockProviders({ pace: { ...instantPace, soundSpeed: 5 } });
  const synthesizer = openSynthesizer(openClient({ baseUrl: own.baseUrl }), {
    model: 'tts',
    voice: 'alloy',
    format: 'pcm',
  });
  const interrupted = async () => {
    const leaving = new AbortController();
    for await (const _ of synthesizer.synthesize('A sentence.', {}, leaving.signal)) break;
    const sound = Array.fromAsync(synthesizer.synthesize('Another.', {}, leaving.signal));
    leaving.abort(new Error('stop'));
    await sound.catch(() => {});
  };
  for (let n = 0; n < 10; n++) await interrupted();
  await expect.poll(() => own.connections()).toBeLessThanOrEqual(1);
});
