import { OggPageReader } from '#src/audio/formats/ogg-page.ts';
import { DecodeStream } from '#src/sources/decode/decode-stream.ts';
import { cutInPieces, openDecoding } from '#test/sources/source-sounds.ts';
import {
  makeToneWav,
  measurePitchHz,
  playFile,
  readToneFile,
} from '#test/sources/tones.ts';

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
    const sound = await playFile(decoding, readToneFile(name));
    expect(sound).toMatchObject({ rateHz: 48_000, channels: 2 });
    expect(sound.left).toHaveLength(length);
    expect(Math.abs(measurePitchHz(sound.left, 48_000) - 440)).toBeLessThan(1);
    expect(Math.abs(measurePitchHz(sound.right, 48_000) - 660)).toBeLessThan(1);
  },
);

const names = [...files.map(([name]) => name), 'wav'];
const fileOf = (name: string) => (name === 'wav' ? makeToneWav() : readToneFile(name));

test.each(names)(
  '%s in pieces of 1, 2, 3, 7, 959, 4801 bytes and whole is the same to the sample',
  async (name) => {
    const file = fileOf(name);
    const whole = await decodeStreamed([file]);
    expect(whole.length).toBeGreaterThan(40_000);
    for (const size of [1, 2, 3, 7, 959, 4801]) {
      const pieces = await Array.fromAsync(cutInPieces(file, size));
      expect(Buffer.compare(await decodeStreamed(pieces), whole), `${size}`).toBe(0);
    }
  },
);

/** All samples as bytes, decoded in this thread: a hop to another a byte takes longer than the decoding. */
async function decodeStreamed(pieces: readonly Uint8Array[]) {
  const stream = new DecodeStream({ rateHz: 48_000, channels: 2 });
  const sounds: Buffer[] = [];
  const feedBytes = async (bytes: Uint8Array, isLast: boolean) => {
    const { samples, hasMore } = await stream.feedBytes(bytes, isLast);
    const { buffer, byteOffset, byteLength } = samples;
    sounds.push(Buffer.from(buffer, byteOffset, byteLength));
    if (hasMore) await feedBytes(new Uint8Array(0), isLast);
  };
  for (const piece of pieces) await feedBytes(piece, false);
  await feedBytes(new Uint8Array(0), true);
  stream.free();
  return Buffer.concat(sounds);
}

test('songs that follow each other in one Ogg stream are all heard, as radios send them', async () => {
  const [first, second] = [
    readToneFile('tones-opus.ogg'),
    readToneFile('tones-vorbis.ogg'),
  ];
  const sound = await playFile(
    decoding,
    Buffer.concat([first, second, readToneFile('tones-flac.ogg')]),
  );
  expect(sound.left).toHaveLength(72_000 + 72_000 + 36_000);
});

test('noise between two pages of an Ogg file is passed over, and so is a page with a wrong byte', async () => {
  for (const name of ['tones-vorbis.ogg', 'tones-opus.ogg']) {
    const pages = new OggPageReader()
      .addBytes(readToneFile(name))
      .map(({ bytes }) => Buffer.from(bytes));
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7919) & 255));
    const dirty = Buffer.concat(
      pages.flatMap((page, n) => (n === 3 ? [noise, page] : [page])),
    );
    const clean = await playFile(decoding, readToneFile(name));
    expect((await playFile(decoding, dirty)).left).toEqual(clean.left);
    pages[2]?.writeUInt8(1, 40);
    expect(
      (await playFile(decoding, Buffer.concat(pages)).catch(() => undefined))?.left
        .length ?? 0,
    ).toBeLessThan(clean.left.length);
  }
});
