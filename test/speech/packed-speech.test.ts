import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { openSpeechDecoder } from '#src/engines/speech-http.ts';
import { openClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { SpeechSoundReader } from '#src/speech/openai/speech-sound-reader.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import { measureSimilarity } from '#test/audio/similarity.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { digitsFile, soundFiles } from '#test/sources/source-sounds.ts';

const aac = readClip('test/fixtures/sounds', 'tones.aac');
const signal = new AbortController().signal;

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const decode = openSpeechDecoder(stack);

/** A speech server that answers as `listener` does, and a voice over it. */
async function speakingTo(listener: RequestListener) {
  const served = await openListeningServer(listener);
  const voice = new OpenAiSynthesizer(openClient({ baseUrl: `${served.origin}/v1` }), {
    model: 'tts',
    voice: 'alloy',
    format: 'pcm',
    decode,
  });
  return { voice, ...served };
}

async function joinWhole(pieces: AsyncIterable<Pcm>) {
  const allSounds = await Array.fromAsync(pieces);
  const [first] = allSounds;
  if (!first) throw new Error('There is no sound.');
  expect(
    allSounds.every(
      ({ rateHz, channels }) => rateHz === first.rateHz && channels === 1,
    ),
  ).toBe(true);
  return { ...first, samples: joinSamples(allSounds.map(({ samples }) => samples)) };
}

test.each([
  ['mp3', soundFiles.mp3, 'audio/mpeg'],
  ['ogg', soundFiles.ogg, 'audio/pcm'],
  ['mp3 in odd pieces', soundFiles.mp3, 'application/octet-stream'],
  ['ogg said to be mp3', soundFiles.ogg, 'audio/mpeg'],
  ['wav said to be mp3', soundFiles.wav, 'audio/mpeg'],
])('pcm asked, %s received: decoded', async (name, bytes, type) => {
  using server = await speakingTo((_, response) => {
    response.writeHead(200, { 'content-type': type });
    const size = name.includes('odd') ? 959 : bytes.length;
    for (let at = 0; at < bytes.length; at += size)
      response.write(bytes.subarray(at, at + size));
    response.end();
  });
  const sound = await joinWhole(server.voice.synthesize('2 9 3 4 0', {}, signal));
  expect(measureSimilarity(resamplePcm(sound, 16_000), digitsFile)).toBeGreaterThan(
    0.9,
  );
  expect(Math.abs(getDurationMs(sound) - getDurationMs(digitsFile))).toBeLessThan(120);
});

test('pcm asked, aac or a damaged file received: an error by name, never noise', async () => {
  const noise = Buffer.from(Array.from({ length: 30_000 }, (_, n) => (n * 7919) & 255));
  for (const body of [
    aac,
    Buffer.concat([Buffer.from('fLaC'), noise]),
    Buffer.concat([Buffer.from('ID3'), noise]),
  ]) {
    using server = await speakingTo((_, response) => void response.end(body));
    const said = Array.fromAsync(server.voice.synthesize('Hm.', {}, signal));
    await expect(said).rejects.toMatchObject({ code: 'provider.wrong_type' });
    await expect(said).rejects.toThrow(/sent (AAC|FLAC|MP3)/);
  }
});

/**
 * First bytes of formats that no decoder here takes. Sources: ISO 14496-12 (MP4), RFC 9559 (Matroska), Apple's CAF
 * specification, RFC 4867 (AMR); and of members that nobody has reported yet: AU, WavPack and True Audio
 * https://github.com/file/file/blob/master/magic/Magdir/audio, AIFF https://github.com/file/file/blob/master/magic/Magdir/iff,
 * Wave64 https://docs.rs/crate/wavpack-sys/0.4.0/source/WavPack/cli/wave64.c, Musepack
 * https://github.com/FFmpeg/FFmpeg/blob/master/libavformat/mpc8.c, WMA (ASF) https://gist.github.com/iahu/396eaf109ed0969382abdbc9c3f0f029.
 */
const foreign: readonly (readonly [string, string])[] = [
  ['MP4', '00000020667479704d344120000002004d344120'],
  ['MP4', '0000001c7374797069736f6d'],
  ['Matroska', '1a45dfa3934282886d6174726f736b61864141435f'],
  ['CAF', '63616666000100006465736300000000'],
  ['AMR', '2321414d520a3c'],
  ['AIFF', '464f524d0000100041494646434f4d4d'],
  ['AU', '2e736e640000001800100000'],
  ['WavPack', '7776706b2c01000010040000'],
  ['Wave64', '726966662e91cf11a5d628db04c10000'],
  ['True Audio', '545441310100010010004056'],
  ['Musepack', '4d50434b5348'],
  ['WMA', '3026b2758e66cf11a6d900aa0062ce6c'],
  ['AAC', 'fff15080012ffcde0400'],
];

/** Bytes as entropy coding leaves them. */
const coded = createHash('shake256', { outputLength: 9_000 }).digest();

test.each(foreign)(
  '%s is never played, cut at every byte, and its name is said',
  (name, head) => {
    const file = Buffer.from(head, 'hex');
    const frame = 9; // of AAC, whose second header has to stand there
    const body =
      name === 'AAC'
        ? Buffer.concat([file.subarray(0, frame), file.subarray(0, frame), coded])
        : Buffer.concat([file, Buffer.alloc(20), coded]);
    for (const type of ['', 'audio/pcm', 'audio/mpeg'])
      for (let cut = 1; cut < 64; cut++)
        expect(() =>
          heardOf([body.subarray(0, cut), body.subarray(cut)], type),
        ).toThrow(`sent ${name}:`);
  },
);

/** Samples of other widths, orders and codings are bytes of an unknown form, too. */
const unknown: Readonly<Record<string, Buffer>> = {
  'compressed bytes': coded,
  'big-endian samples': Buffer.from(digitBytes()).swap16(),
  'floats of 32 bits': Buffer.from(
    Float32Array.from(digitsFile.samples, (one) => one / 32_768).buffer,
  ),
  'samples of 24 bits': Buffer.concat(
    [...digitsFile.samples].map((one) => Buffer.of(one * 7, one & 255, one >> 8)),
  ),
  'half a sample too much': Buffer.concat([Buffer.of(1), digitBytes()]),
  'a made-up format behind zeros': Buffer.concat([Buffer.alloc(300), coded]),
};

function digitBytes() {
  const { buffer, byteLength, byteOffset } = digitsFile.samples;
  return Buffer.from(buffer, byteOffset, byteLength);
}

test.each(Object.entries(unknown))(
  '%s without a label become an error, not noise',
  (_, body) => {
    for (const size of [1, 959, body.length])
      expect(() => heardOf(inPieces(body, size), 'audio/pcm')).toThrow(
        'sent an unknown format:',
      );
  },
);

test('samples of speech pass, whatever their loudness and their pieces', () => {
  const peak = digitsFile.samples.reduce(
    (most, one) => Math.max(most, Math.abs(one)),
    0,
  );
  const loudest = Int16Array.from(digitsFile.samples, (one) => (one / peak) * 32_767);
  for (const samples of [digitsFile.samples, loudest]) {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    for (const size of [1, 127, 4_096])
      expect(heardOf(inPieces(bytes, size), '')).toEqual(samples);
  }
});

function inPieces(body: Buffer, size: number) {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, n) =>
    body.subarray(n * size, (n + 1) * size),
  );
}

function heardOf(pieces: readonly Buffer[], type: string) {
  const stream = new SpeechSoundReader(type);
  const heardSounds = [
    ...pieces.flatMap((piece) => stream.push(piece)),
    ...stream.end(),
  ];
  return joinSamples(heardSounds.map(({ samples }) => samples));
}
