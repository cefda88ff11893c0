import { afterAll, expect, test } from 'vitest';
import { OggPages } from '#src/audio/ogg-page.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { patient } from '#test/sources/opening.ts';
import { inPieces, openDecoding } from '#test/sources/sounds.ts';
import { heard, pitchHz, played, toneFile, toneWav } from '#test/sources/tones.ts';
import { flacOf } from './hostile-files.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

/** Name, and samples per channel at 48 kHz. */
const files = [
  ['tones.mp3', 72_000],
  ['tones-vbr.mp3', 72_000],
  ['tones-opus.ogg', 72_000],
  ['tones-opus-60ms.ogg', 72_000],
  ['tones.webm', 71_688], // FFmpeg ends it with a block group, which the demuxer passes over
  ['tones-vorbis.ogg', 72_000],
  ['tones.flac', 36_000],
  ['tones-flac.ogg', 36_000],
] as const;

test.each(files)(
  '%s keeps its pitch, its channels and, to the sample, its length',
  async (name, length) => {
    const sound = await played(decoding, toneFile(name));
    expect(sound).toMatchObject({ rateHz: 48_000, channels: 2 });
    expect(sound.left).toHaveLength(length);
    expect(Math.abs(pitchHz(sound.left, 48_000) - 440)).toBeLessThan(1);
    expect(Math.abs(pitchHz(sound.right, 48_000) - 660)).toBeLessThan(1);
  },
);

const names = [...files.map(([name]) => name), 'wav'];
const fileOf = (name: string) => (name === 'wav' ? toneWav() : toneFile(name));

test.each(names)(
  '%s in pieces of 1, 2, 3, 7, 959, 4801 bytes and whole is the same to the sample',
  async (name) => {
    const file = fileOf(name);
    const whole = await streamed([file]);
    expect(whole.length).toBeGreaterThan(40_000);
    for (const size of [1, 2, 3, 7, 959, 4801]) {
      const pieces = await Array.fromAsync(inPieces(file, size));
      expect(Buffer.compare(await streamed(pieces), whole), `${size}`).toBe(0);
    }
  },
);

/** Bytes of each file that hold some of its sound: a head that is split shows in the first of it. */
const fewBytes: Readonly<Record<string, number>> = {
  'tones.mp3': 2_000,
  'tones-vbr.mp3': 2_000,
  'tones-opus.ogg': 12_000,
  'tones-opus-60ms.ogg': 9_000,
  'tones.webm': 2_000,
  'tones-vorbis.ogg': 8_000,
  'tones.flac': 16_000,
  wav: 2_000,
};

test.each(names)('%s split anywhere in its first hundred bytes is the same', async (name) => {
  const file = fileOf(name).subarray(0, fewBytes[name]);
  const whole = await streamed([file]);
  expect(whole.length).toBeGreaterThan(1_000);
  // Four places at once: opening a decoder takes longer than decoding so little.
  for (let at = 0; at <= 25; at++) {
    const places = [0, 25, 50, 75].map((more) => at + more);
    const pieces = [0, ...places].map((from, n) => file.subarray(from, places[n]));
    expect(Buffer.compare(await streamed(pieces), whole), `${places}`).toBe(0);
  }
});

/** All samples as bytes, decoded in this thread: a hop to another a byte takes longer than the decoding. */
async function streamed(pieces: readonly Uint8Array[]): Promise<Buffer> {
  const stream = new DecodeStream({ want: { kind: 'track', isExact: true } });
  const sounds: Buffer[] = [];
  const feed = async (bytes: Uint8Array, isLast: boolean) => {
    const { chunks, hasMore } = await stream.feed(bytes, isLast);
    for (const chunk of chunks) {
      if (chunk.kind !== 'pcm') continue;
      const { buffer, byteOffset, byteLength } = chunk.pcm.samples;
      sounds.push(Buffer.from(buffer, byteOffset, byteLength));
    }
    if (hasMore) await feed(new Uint8Array(0), isLast);
  };
  for (const piece of pieces) await feed(piece, false);
  await feed(new Uint8Array(0), true);
  stream.free();
  return Buffer.concat(sounds);
}

test.each([
  ['tones-opus.ogg', 76],
  ['tones.webm', 75],
] as const)('the packets of %s go through as they are', async (name, count) => {
  const { packets, left } = await played(decoding, toneFile(name), 4096, false);
  expect(packets).toHaveLength(count);
  expect(left).toHaveLength(0);
  expect(packets.every((packet) => toneFile(name).includes(Buffer.from(packet)))).toBe(true);
});

test('packets of 60 ms are decoded, since only 20 ms can leave as they are', async () => {
  const { packets, left } = await played(decoding, toneFile('tones-opus-60ms.ogg'), 4096, false);
  expect(packets).toHaveLength(0);
  expect(left).toHaveLength(72_000);
});

test('of a film with Opus the sound is played, whatever its pictures are', async () => {
  for (const size of [7, 959, 100_000]) {
    const { left, right, rateHz } = await played(decoding, toneFile('film.mkv'), size);
    expect(Math.abs(left.length / rateHz - 0.5)).toBeLessThan(0.05);
    expect(Math.abs(pitchHz(left, rateHz) - 440)).toBeLessThan(1);
    expect(Math.abs(pitchHz(right, rateHz) - 660)).toBeLessThan(1);
  }
});

test('six channels are mixed down to two', async () => {
  const sound = await played(decoding, toneFile('tones-six.flac'));
  expect(sound).toMatchObject({ rateHz: 48_000, channels: 2 });
  expect(sound.left).toHaveLength(24_000);
});

test.each(files.map(([name]) => name))(
  '%s cut anywhere gives what is there, or is none',
  async (name) => {
    const file = toneFile(name);
    const whole = (await played(decoding, file)).left.length;
    let before = 0;
    for (const share of [0.5, 0.7, 0.9, 0.99]) {
      const half = file.subarray(0, Math.floor(file.length * share));
      const sound = await played(decoding, half).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'source.not_audio' });
        return undefined;
      });
      const length = sound?.left.length ?? 0;
      expect(length).toBeGreaterThanOrEqual(before);
      expect(length).toBeLessThanOrEqual(whole);
      before = length;
    }
  },
);

test('songs that follow each other in one Ogg stream are all heard, as radios send them', async () => {
  const [first, second] = [toneFile('tones-opus.ogg'), toneFile('tones-vorbis.ogg')];
  const sound = await played(decoding, Buffer.concat([first, second, toneFile('tones-flac.ogg')]));
  expect(sound.left).toHaveLength(72_000 + 72_000 + 36_000);
});

test('packets go through as they are between sounds that are decoded, in order', async () => {
  const [opus, vorbis] = [toneFile('tones-opus.ogg'), toneFile('tones-vorbis.ogg')];
  const plan = { want: { kind: 'track', isExact: false } } as const;
  const file = inPieces(Buffer.concat([vorbis, opus, vorbis]), 4096);
  const chunks = await Array.fromAsync(decoding.lane('').play(file, plan, patient));
  const kinds = chunks.map(({ kind }) => kind);
  expect(kinds.filter((kind, n) => kind !== kinds[n - 1])).toEqual(['pcm', 'opus', 'pcm']);
  expect(heard(chunks).packets).toHaveLength(76);
  expect(heard(chunks).left).toHaveLength(2 * 72_000);
});

test('noise between two pages of an Ogg file is passed over, and so is a page with a wrong byte', async () => {
  for (const name of ['tones-vorbis.ogg', 'tones-opus.ogg']) {
    const pages = new OggPages().push(toneFile(name)).map(({ bytes }) => Buffer.from(bytes));
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) & 255));
    const dirty = Buffer.concat(pages.flatMap((page, n) => (n === 3 ? [noise, page] : [page])));
    const clean = await played(decoding, toneFile(name));
    expect((await played(decoding, dirty)).left).toEqual(clean.left);
    pages[2]?.writeUInt8(1, 40);
    expect(
      (await played(decoding, Buffer.concat(pages)).catch(() => undefined))?.left.length ?? 0,
    ).toBeLessThan(clean.left.length);
  }
});

test('a FLAC file with noise in its middle goes on behind it', async () => {
  const file = toneFile('tones.flac');
  const noise = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) & 255));
  const dirty = Buffer.concat([file.subarray(0, 20_000), noise, file.subarray(20_000)]);
  const [{ left }, clean] = [await played(decoding, dirty), await played(decoding, file)];
  expect(left).toHaveLength(3 * (12_000 - 2048));
  expect(left.subarray(-6000)).toEqual(clean.left.subarray(-6000));
});

test.each(['tones.flac', 'tones-vorbis.ogg', 'tones.mp3'])(
  '300 kB of noise behind the head of %s never sound',
  async (name) => {
    const noise = Buffer.from(
      Array.from({ length: 300_000 }, (_, n) => (n * 7919 + (n >> 3) * 104_729) & 255),
    );
    const file = Buffer.concat([toneFile(name).subarray(0, 4), noise]);
    await expect(played(decoding, file)).rejects.toMatchObject({ code: 'source.not_audio' });
  },
);

test('15 bytes of FLAC may hold two seconds: such a file is decoded in small steps', async () => {
  const file = flacOf(100, 8_000);
  const plan = { want: { kind: 'track', isExact: true } } as const;
  let [longest, all] = [0, 0];
  for await (const chunk of decoding.lane('').play(inPieces(file, 65_536), plan, patient)) {
    if (chunk.kind !== 'pcm') continue;
    const seconds = chunk.pcm.samples.length / chunk.pcm.channels / chunk.pcm.rateHz;
    longest = Math.max(longest, seconds);
    all += seconds;
  }
  expect(all).toBeCloseTo((100 * 16_384) / 8_000, 1);
  expect(longest).toBeLessThan(120);
});
