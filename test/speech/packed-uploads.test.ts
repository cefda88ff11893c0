import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { listenRateHz, musicRateHz, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { openClient } from '#src/provider/api-client.ts';
import { openListening } from '#src/speech/listen.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import {
  isOgg,
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { readRecording } from './recordings.ts';

const codec = await loadOpus();
const { pcm } = readRecording('human-cards-004');
const spoken = packSound(pcm);

/** Frames of 20 ms, each with the packet that it was decoded from. */
function packSound(sound: Pcm) {
  const { samples } = resamplePcm(sound, musicRateHz);
  const [encoder, decoder] = [
    codec.createEncoder(musicRateHz),
    codec.createDecoder(listenRateHz),
  ];
  const length = musicRateHz / 50;
  return Array.from({ length: Math.floor(samples.length / length) }, (_, n) => {
    const opus = encoder.encode(samples.slice(n * length, (n + 1) * length)).slice();
    return { opus, samples: decoder.decode(opus).slice() };
  });
}

type Piece = { readonly samples: Int16Array; readonly opus?: Uint8Array };

let server: Awaited<ReturnType<typeof openTranscriptions>>;
let recognise: (pieces: readonly Piece[]) => Promise<string>;
let heardSounds: Pcm[] = [];

async function openServer(rules: TranscriptionsOptions) {
  server = await openTranscriptions({
    hears: (sound) => {
      heardSounds.push(sound);
      return 'hello';
    },
    ...rules,
  });
  const client = openClient({ baseUrl: server.baseUrl });
  const transcriber = new OpenAiTranscriber(client, { model: 'usual' });
  recognise = async (pieces) => {
    const { signal } = new AbortController();
    using listening = openListening(transcriber, () => undefined, signal);
    for (const { opus, samples } of pieces) listening.push(samples, opus);
    return (await listening.settle(signal)).text;
  };
}

const listFormats = () =>
  server.requests.map(({ form }) => (isOgg(form) ? 'ogg' : 'wav'));

beforeEach(async () => {
  heardSounds = [];
  await openServer({});
});
afterEach(() => server[Symbol.asyncDispose]());

test('the packets of a person go up as they came, in a sixth of the bytes, and are heard as they sounded', async () => {
  expect(await recognise(spoken)).toBe('hello');
  const [request] = server.requests;
  const file = request?.form.get('file');
  if (!(file instanceof File)) return expect.fail('No file came.');
  expect(file.name).toBe('utterance.ogg');
  const [sound] = heardSounds;
  const loud = Math.max(...(sound?.samples ?? []));
  expect(sound?.samples.length).toBeGreaterThan(0.7 * pcm.samples.length);
  expect(loud).toBeGreaterThan(0.9 * Math.max(...pcm.samples));
  // 64 kbit/s: four times a client's usual rate.
  expect(file.size).toBeLessThan((sound?.samples.length ?? 0) / 1.8);
});

test('a silent gap, in which a client sends nothing, is silence of the same length', async () => {
  const gap: Piece = { samples: new Int16Array(0.3 * listenRateHz) };
  await recognise(spoken);
  await recognise([...spoken.slice(0, 40), gap, ...spoken.slice(40)]);
  expect(listFormats()).toEqual(['ogg', 'ogg']);
  const [whole, parted] = heardSounds.map(({ samples }) => samples.length);
  expect((parted ?? 0) - (whole ?? 0)).toBe(gap.samples.length);
});

test('an utterance of which a packet was lost goes up as the sound that conceals it', async () => {
  const lost = spoken.map(({ opus, samples }, n) =>
    n === 40 ? { samples } : { samples, opus },
  );
  expect([await recognise(lost), listFormats()]).toEqual(['hello', ['wav']]);
});

test.each([400, 415, 422, 500, 'silence'] as const)(
  'a server that answers packets with %s gets a WAV file, and no packets from then on',
  async (knowsNoOgg) => {
    await server[Symbol.asyncDispose]();
    await openServer({ knowsNoOgg });
    for (let n = 0; n < 3; n++) expect(await recognise(spoken)).toBe('hello');
    expect(listFormats()).toEqual(['ogg', 'wav', 'wav', 'wav']);
  },
);

test('where nothing is heard in either format, nothing is learnt of packets', async () => {
  await server[Symbol.asyncDispose]();
  let text = '';
  await openServer({ hears: () => text });
  expect(await recognise(spoken)).toBe('');
  text = 'hello';
  expect(await recognise(spoken)).toBe('hello');
  text = '';
  expect(await recognise(spoken)).toBe('');
  expect(listFormats()).toEqual(['ogg', 'wav', 'ogg', 'ogg']);
});

test('a server that refuses times of words keeps its packets', async () => {
  const client = openClient({ baseUrl: server.baseUrl });
  const transcriber = new OpenAiTranscriber(client, { model: 'usual' });
  const { signal } = new AbortController();
  const request = { hasWordTimes: true };
  for (let n = 0; n < 2; n++) {
    const listening = openListening(
      {
        transcribe: (sound, until) => transcriber.transcribe(sound, until, request),
      },
      () => undefined,
      signal,
    );
    for (const { opus, samples } of spoken) listening.push(samples, opus);
    expect((await listening.settle(signal)).text).toBe('hello');
  }
  expect(listFormats()).toEqual(['ogg', 'ogg', 'ogg']);
});
