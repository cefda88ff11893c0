import {
  SoundEncoders,
  type SoundFormat,
  soundFormats,
} from '#src/audio/encode/sound-encoders.ts';
import { readWav, WavReader, writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { measureRms, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { RecordingFetcher } from '#src/sources/recordings.ts';
import { fc, listRows } from '#test/properties.ts';
import { sharedDecoding } from '#test/sources/source-sounds.ts';
import { joinedSpeech } from './recorded-speech.ts';

const sound: Pcm = {
  samples: Int16Array.of(1, -2, 300, -400, 32_767, -32_768),
  rateHz: 24_000,
  channels: 1,
};

function makeChunk(name: string, body: Uint8Array, sizeBytes = body.length) {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(sizeBytes, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function makeFormatChunk(code: number, bits: number, channels = 1, rateHz = 24_000) {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(code, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(rateHz, 4);
  body.writeUInt16LE(bits, 14);
  return makeChunk('fmt ', body);
}

function makeRiff(...chunks: readonly Uint8Array[]) {
  return Buffer.concat([Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'), ...chunks]);
}

function bytesOf(samples: Int16Array) {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

test('a WAV file that was written is read back the same', () => {
  expect(readWav(writeWav(sound))).toEqual(sound);
  expect(readWav(writeWav({ ...sound, channels: 2 }))).toEqual({
    ...sound,
    channels: 2,
  });
});

test.each([
  ['8 bit', makeFormatChunk(1, 8), Buffer.of(128, 255, 0), [0, 32_512, -32_768]],
  ['24 bit', makeFormatChunk(1, 24), Buffer.of(9, 1, 2, 9, 255, 255), [513, -1]],
  ['32 bit', makeFormatChunk(1, 32), Buffer.of(9, 9, 1, 2), [513]],
  [
    'float',
    makeFormatChunk(3, 32),
    Buffer.from(Float32Array.of(0.5, -1, 7, Number.NaN).buffer),
    [16_383, -32_767, 32_767, 0],
  ],
])('%s samples are read as 16 bit', (_, head, body, samples) =>
  expect([...readWav(makeRiff(head, makeChunk('data', body))).samples]).toEqual(
    samples,
  ),
);

test.each([
  ['an error page', Buffer.from('<!doctype html><title>502</title>'), 'not a WAV'],
  ['nothing', Buffer.alloc(0), 'not a WAV'],
  ['another RIFF file', Buffer.from('RIFF\0\0\0\0AVI LIST'), 'not a WAV'],
  ['a header that is cut off', writeWav(sound).subarray(0, 30), 'ends before'],
  [
    'a file without sound',
    makeRiff(makeFormatChunk(1, 16), makeChunk('data', Buffer.alloc(0))),
    'no sound',
  ],
  ['a file without a data chunk', makeRiff(makeFormatChunk(1, 16)), 'ends before'],
  ['sound without a format', makeRiff(makeChunk('data', Buffer.alloc(4))), 'no format'],
  ['a short format', makeRiff(makeChunk('fmt ', Buffer.alloc(4))), 'damaged'],
  ['a huge format', makeRiff(makeChunk('fmt ', Buffer.alloc(0), 5000)), 'damaged'],
  [
    'MP3 in a WAV',
    makeRiff(makeFormatChunk(0x55, 16)),
    'unsupported encoding (85, 16 bit)',
  ],
  ['nine channels', makeRiff(makeFormatChunk(1, 16, 9)), '9 channels'],
  ['a rate of nothing', makeRiff(makeFormatChunk(1, 16, 1, 0)), '0 Hz'],
])('%s is refused in one clear sentence', (_, bytes, message) => {
  const failure = catchError(() => readWav(bytes));
  expect(failure).toBeInstanceOf(BotError);
  expect(failure).toMatchObject({
    code: 'audio.bad_wav',
    message: expect.stringContaining(message),
  });
});

function catchError(run: () => unknown) {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

test('a file that arrives in pieces of any length gives the same samples', () => {
  const cases = fc.record({
    samples: fc.int16Array({ minLength: 2, maxLength: 200 }),
    stereo: fc.boolean(),
    size: fc.constantFrom(undefined, 0, 0xffff_ffff),
    cuts: fc.array(fc.integer({ min: 1, max: 50 })),
  });
  fc.assert(
    fc.property(cases, ({ samples, stereo, size, cuts }) => {
      const channels = stereo ? 2 : 1;
      const wav = makeRiff(
        makeChunk('JUNK', Buffer.alloc(7)),
        makeFormatChunk(1, 16, channels),
        makeChunk('data', bytesOf(samples), size),
      );
      const stream = new WavReader();
      const pieces: Int16Array[] = [];
      let at = 0;
      for (let n = 0; at < wav.length; n++) {
        const length = cuts[n] ?? 1;
        pieces.push(
          ...stream.addBytes(wav.subarray(at, at + length)).map((pcm) => pcm.samples),
        );
        at += length;
      }
      pieces.push(...stream.end().map((pcm) => pcm.samples));
      const whole = samples.subarray(0, samples.length - (samples.length % channels));
      expect(joinedSpeech(pieces)).toEqual(Int16Array.from(whole));
    }),
  );
});

/** Samples that look like no size: a quiet tone. */
const tone = Int16Array.from(
  { length: 2_400 },
  (_, n) => 900 * Math.sin(n / 7) - 2_000,
);
const toneBytes = bytesOf(tone);
const open = makeRiff(
  makeFormatChunk(1, 16),
  makeChunk('data', toneBytes, 0xffff_ffff),
);

function lateSize(bytes: number, before: number) {
  const late = Buffer.alloc(before + 4);
  late.writeUInt32LE(bytes, before);
  return late;
}

const rf64 = Buffer.concat([
  Buffer.from('RF64\xff\xff\xff\xffWAVE', 'latin1'),
  makeChunk('ds64', Buffer.alloc(28)),
  open.subarray(12),
]);

/**
 * What stands behind sound without a known end, and where it was seen. ffmpeg and PyAV write their sizes where the file goes on
 * (https://github.com/remsky/Kokoro-FastAPI/blob/master/api/src/services/streaming_audio_writer.py); chunks: https://docs.rs/crate/wavpack-sys/0.4.0/source/WavPack/fuzzing/fuzzer.dict.
 */
const behind: Readonly<Record<string, Buffer>> = {
  nothing: Buffer.alloc(0),
  'a LIST chunk': makeChunk(
    'LIST',
    Buffer.from('INFOISFT\x0e\0\0\0Lavf62.3.100\0\0', 'latin1'),
  ),
  'a late size': lateSize(toneBytes.length + 36, 4),
  'both late sizes, in their places': Buffer.concat([
    lateSize(toneBytes.length + 70, 4),
    lateSize(toneBytes.length, 66),
  ]),
  'a fact chunk': makeChunk('fact', Buffer.of(96, 9, 0, 0)),
  'a tag': makeChunk('id3 ', Buffer.from('ID3\x03\0\0\0\0\0\x0aTIT2aaaaaa', 'latin1')),
  'cue points': makeChunk('cue ', Buffer.alloc(28)),
  'a broadcast extension': makeChunk('bext', Buffer.alloc(602)),
  padding: makeChunk('JUNK', Buffer.alloc(28)),
};

test.each(listRows(Object.entries(behind)))(
  'behind endless sound %s is not heard, cut anywhere',
  (_, end) => {
    expectCutAnywhere(Buffer.concat([open, end]), tone, open.length - 150);
    expectCutAnywhere(
      Buffer.concat([open, end, open]),
      joinedSpeech([tone, tone]),
      open.length - 150,
    );
  },
);

test.each(
  listRows([
    0,
    0x7fff_ffff,
    0x8000_0000,
    0x7735_9400,
    0xffff_ffd3,
    0xffff_ffff,
    0x0fff_ffff,
    64 * 2 ** 20 + 1,
  ]),
)('a file for each sentence, with a size of %i, is one sound, cut anywhere', (size) => {
  const wav = makeRiff(makeFormatChunk(1, 16), makeChunk('data', toneBytes, size));
  expectCutAnywhere(
    Buffer.concat([wav, wav, wav]),
    joinedSpeech([tone, tone, tone]),
    2 * wav.length - 20,
  );
});

test('RF64 and BW64 are read, alone and behind each other, cut anywhere', () => {
  expectCutAnywhere(rf64, tone);
  const bw64 = Buffer.concat([Buffer.from('BW64'), rf64.subarray(4)]);
  expectCutAnywhere(
    Buffer.concat([bw64, rf64]),
    joinedSpeech([tone, tone]),
    bw64.length - 20,
  );
});

/** Cut once at each of 300 bytes from `from` on. */
function expectCutAnywhere(wav: Buffer, samples: Int16Array, from = 0) {
  for (let cut = from; cut < Math.min(wav.length, from + 300); cut++) {
    const stream = new WavReader();
    const pieces = [
      ...stream.addBytes(wav.subarray(0, cut)),
      ...stream.addBytes(wav.subarray(cut)),
      ...stream.end(),
    ];
    // As bytes: `toEqual` looks at each sample of thousands of sounds.
    const joined = bytesOf(joinedSpeech(pieces.map((pcm) => pcm.samples)));
    expect(joined.equals(bytesOf(samples)), `cut at ${cut}`).toBe(true);
  }
}

const signal = new AbortController().signal;
const codec = await loadOpus();
/** 2.345 s of two tones, which end loud. */
const fadingTone = Int16Array.from({ length: 56_280 }, (_, n) =>
  Math.round(6_000 * Math.sin(n / 12) + 3_000 * Math.sin(n / 31)),
);

/** Bytes of the sound, pushed in pieces of odd lengths, and how many of them were there before its end. */
async function encodePieces(encoders: SoundEncoders, format: SoundFormat) {
  const encoder = encoders.open(format);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < fadingTone.length; at += 2_399)
    pieces.push(
      Uint8Array.from(await encoder.push(fadingTone.subarray(at, at + 2_399))),
    );
  const early = Buffer.concat(pieces).length;
  return { bytes: Buffer.concat([...pieces, await encoder.end()]), early };
}

test.each(soundFormats)(
  '%s is as long and as loud as the sound, and most of it comes before the end',
  async (format) => {
    const encoders = new SoundEncoders(codec);
    const recordings = new RecordingFetcher(sharedDecoding, {
      allowed: new AllowedHosts([]),
    });
    const { bytes, early } = await encodePieces(encoders, format);
    expect(early / bytes.length).toBeGreaterThan(0.85);
    const file = format === 'pcm' ? wavOf(bytes) : bytes;
    const name = `sound.${format}`;
    const heardSound = await recordings.read(
      toGuildId('g'),
      { url: '', name, bytes: file },
      signal,
    );
    const lengthMs = (heardSound.samples.length / 16_000) * 1_000;
    expect(lengthMs).toBeGreaterThan(2_340);
    expect(lengthMs).toBeLessThan(format === 'mp3' ? 2_460 : 2_350); // MP3 fills its frames
    const middle = heardSound.samples.subarray(4_000, 32_000);
    expect(measureRms(middle) / measureRms(fadingTone)).toBeCloseTo(1, 1);
  },
);

test.each(soundFormats)(
  'of a burst most comes at once as %s, though the voice rests behind it',
  async (format) => {
    const encoder = new SoundEncoders(codec).open(format);
    const first = Uint8Array.from(await encoder.push(fadingTone));
    const last = await encoder.end();
    expect(first.length / (first.length + last.length)).toBeGreaterThan(0.85);
  },
);

function wavOf(bytes: Buffer) {
  const samples = new Int16Array(new Uint8Array(bytes).buffer);
  return writeWav({ samples, rateHz: 24_000, channels: 1 });
}
