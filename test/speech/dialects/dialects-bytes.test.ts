import { expect, test } from 'vitest';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import { pipedHeader } from '#test/fakes/dialects/sounds.ts';
import { cut } from '#test/fakes/providers/paced.ts';
import { soundBytes, tone } from '#test/fakes/providers/sound.ts';

const rateHz = 24_000;
const samples = tone('Hello.', rateHz);
const raw = soundBytes(samples, rateHz, 'pcm');
const never = new AbortController().signal;

/** Samples of a body that arrives in these pieces. */
function read(pieces: Iterable<Uint8Array>, type = 'audio/pcm'): Int16Array {
  const stream = new SoundStream(type, undefined);
  const all = [...pieces].flatMap((piece) => stream.push(piece));
  return joinSamples([...all, ...stream.end()].map((pcm) => pcm.samples));
}

function chunk(name: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

type Format = {
  readonly code?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly hz?: number;
};

function format({ code = 1, bits = 16, channels = 1, hz = rateHz }: Format = {}): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(code, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(hz, 4);
  body.writeUInt16LE(bits, 14);
  return body;
}

function extensible(): Buffer {
  const body = Buffer.alloc(40);
  format({ code: 0xfffe }).copy(body);
  body.writeUInt16LE(1, 24);
  return body;
}

function wav(chunks: readonly Uint8Array[], data: Uint8Array, sizeBytes = data.length): Buffer {
  const head = chunk('data', new Uint8Array(0));
  head.writeUInt32LE(sizeBytes, 4);
  const start = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
  start.writeUInt32LE(sizeBytes, 4);
  return Buffer.concat([start, ...chunks, head, data]);
}

const fmt = chunk('fmt ', format());

test.each([1, 2, 3, 7, 959, 4801, raw.length])(
  'samples that come in pieces of %i bytes are the same samples',
  (size) => {
    expect(read(cut(raw, size))).toEqual(samples);
  },
);

test('of an odd number of bytes the last one is dropped', () => {
  expect(read([...cut(raw, 7), Uint8Array.of(99)])).toEqual(samples);
});

test('the last frame is filled with zeros, and is the last', async () => {
  const reply = new SpokenReply();
  await reply.write({ samples: new Int16Array(500).fill(1000), rateHz, channels: 1 }, 'Hi.', never);
  reply.end();
  const frames = [reply.pull(), reply.pull(), reply.pull()].map((block) => block?.samples);
  expect(frames.map((frame) => frame?.length)).toEqual([480, 480, undefined]);
  expect(frames[1]?.subarray(20).every((sample) => sample === 0)).toBe(true);
});

test.each([raw.length, 0, 0xffff_ffff, 0x7fff_ffff, 2_000_000_000])(
  'a WAV file that says it has %i bytes has the sound that comes',
  (sizeBytes) => {
    expect(read([wav([fmt], raw, sizeBytes)])).toEqual(samples);
  },
);

test.each([
  ['a LIST chunk', [fmt, chunk('LIST', Buffer.alloc(26))]],
  ['a JUNK chunk first', [chunk('JUNK', Buffer.alloc(28)), fmt]],
  ['a chunk of odd length', [fmt, chunk('bext', Buffer.alloc(7))]],
  ['a fact chunk', [fmt, chunk('fact', Buffer.alloc(4))]],
  ['an extensible format', [chunk('fmt ', extensible())]],
])('a WAV file with %s is the same sound', (_, chunks) => {
  expect(read([wav(chunks, raw)])).toEqual(samples);
});

test('the header that ffmpeg writes into a pipe ends at byte 78', () => {
  expect(pipedHeader(rateHz)).toHaveLength(78);
  expect(read([pipedHeader(rateHz), raw])).toEqual(samples);
});

test('a header may be cut anywhere', () => {
  const whole = Buffer.concat([pipedHeader(rateHz), raw.subarray(0, 2000)]);
  const expected = samples.subarray(0, 1000);
  for (let at = 0; at <= 100; at++)
    expect(read([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
});

test.each([
  ['known', raw.length],
  ['unknown', 0xffff_ffff],
])('a header again before every sentence is no sound, its size being %s', (_, sizeBytes) => {
  const two = Buffer.concat([wav([fmt], raw, sizeBytes), wav([fmt], raw, sizeBytes)]);
  expect(read([two])).toEqual(joinSamples([samples, samples]));
});

/** Writes one sample, -1 to 1, in a format of WAV. */
const writers: Readonly<Record<string, (value: number) => Buffer>> = {
  '1/8': (value) => Buffer.of(128 + Math.round(127 * value)),
  '1/16': (value) => numbers(Int16Array.of(32_767 * value)),
  '1/24': (value) => numbers(Int32Array.of(8_388_607 * value)).subarray(0, 3),
  '1/32': (value) => numbers(Int32Array.of(2_147_483_647 * value)),
  '3/32': (value) => numbers(Float32Array.of(value)),
};

function numbers({ buffer }: { readonly buffer: ArrayBufferLike }): Buffer {
  return Buffer.from(new Uint8Array(buffer));
}

/** One second of 440 Hz, as loud on both sides where there are two. */
function concertPitch({ code = 1, bits = 16, channels = 1, hz = rateHz }: Format): Buffer {
  const write = writers[`${code}/${bits}`] ?? (() => Buffer.alloc(0));
  const data = Array.from({ length: hz }, (_, n) => {
    const one = write(0.5 * Math.sin((2 * Math.PI * 440 * n) / hz));
    return channels === 2 ? Buffer.concat([one, one]) : one;
  });
  const head = chunk('fmt ', format({ code, bits, channels, hz }));
  return wav([head], Buffer.concat(data));
}

/** Its sound as it leaves for the room, at 24 kHz. */
async function played(body: Buffer): Promise<Int16Array> {
  const reply = new SpokenReply();
  const stream = new SoundStream('audio/wav', undefined);
  const sound: Pcm[] = [...cut(body, 4801)].flatMap((piece) => stream.push(piece));
  for (const pcm of sound) await reply.write(pcm, 'A.', never);
  reply.end();
  const frames: Int16Array[] = [];
  for (let block = reply.pull(); block; block = reply.pull()) frames.push(block.samples);
  return joinSamples(frames);
}

function pitchOf(sound: Int16Array): number {
  const middle = sound.subarray(2400, 21_600);
  const rises: number[] = [];
  for (let n = 1; n < middle.length; n++) {
    const [before = 0, now = 0] = [middle[n - 1], middle[n]];
    if (before < 0 && now >= 0) rises.push(n - 1 + -before / (now - before));
  }
  return ((rises.length - 1) * rateHz) / ((rises.at(-1) ?? 0) - (rises[0] ?? 0));
}

test.each<Format>([
  { hz: 8000 },
  { hz: 16_000 },
  { hz: 22_050 },
  { hz: 44_100, channels: 2 },
  { hz: 48_000 },
  { bits: 8, hz: 16_000 },
  { bits: 24, channels: 2 },
  { bits: 32, hz: 48_000 },
  { code: 3, bits: 32 },
])('440 Hz stay 440 Hz, and a second a second: %o', async (one) => {
  const sound = await played(concertPitch(one));
  expect(Math.abs(sound.length - rateHz)).toBeLessThanOrEqual(480);
  expect(Math.abs(pitchOf(sound) - 440)).toBeLessThan(1);
});

/** Frames of a format, none of which is sound to us. */
const mp3 = Buffer.concat(
  [1, 2, 3].map(() => Buffer.concat([Buffer.of(0xff, 0xfb, 0x90, 0x64), Buffer.alloc(413)])),
);
const aac = Buffer.concat(
  [1, 2, 3].map(() => {
    const frame = Buffer.alloc(200, 7);
    Buffer.of(0xff, 0xf1, 0x50, 0x80, 200 >> 3, ((200 & 7) << 5) | 0x1f, 0xfc).copy(frame);
    return frame;
  }),
);

test.each([
  ['MP3', mp3],
  ['MP3', Buffer.concat([Buffer.from('ID3\x04'), Buffer.alloc(999)])],
  ['AAC', aac],
  ['Ogg', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(999)])],
  ['FLAC', Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(999)])],
])('asked for samples and sent %s, it is named and never noise', (name, body) => {
  for (const type of ['audio/pcm', 'audio/mpeg', '']) {
    for (const size of [1, 7, body.length])
      expect(() => read(cut(body, size), type)).toThrow(`sent ${name}`);
  }
});

test('a proxy that calls everything audio/mpeg is heard all the same', () => {
  expect(read([wav([fmt], raw)], 'audio/mpeg')).toEqual(samples);
  expect(read([raw], 'audio/mpeg')).toEqual(samples);
});

test.each([
  [0x7b, 0x22],
  [0x3c, 0x68],
  [0xff, 0xfb, 0x90, 0x64],
  [0xff, 0xff],
  [0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f],
])('samples may begin with any bytes: %i %i', (...start) => {
  const bytes = Buffer.concat([Buffer.from(start), raw.subarray(0, 6000)]);
  const expected = Int16Array.from({ length: bytes.length / 2 }, (_, n) =>
    bytes.readInt16LE(2 * n),
  );
  for (const type of ['audio/pcm', 'audio/mpeg', '']) {
    for (const size of [1, 959, bytes.length])
      expect(read(cut(bytes, size), type)).toEqual(expected);
  }
});
