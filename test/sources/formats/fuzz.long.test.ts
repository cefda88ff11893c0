import { afterAll, expect, test } from 'vitest';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { OggPages, writePages } from '#src/audio/ogg-page.ts';
import { BotError } from '#src/base/errors.ts';
import { runs } from '#test/properties.ts';
import { files, inPieces, openDecoding, soundOf } from '#test/sources/sounds.ts';
import { played, toneFile } from '#test/sources/tones.ts';

/** Deadline of each test, for the runs of the suite. */
const timeoutMs = runs(60_000);

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const random = seededRandom(20_261_120);
const under = (limit: number) => Math.floor(random() * limit);
const originals = [files.wav.subarray(0, 30_000), files.mp3, files.ogg];
const heads = [
  '',
  'RIFF',
  'RF64',
  'ID3\x04',
  '\xff\xfb\x90\x00',
  'OggS',
  'fLaC',
  '\x1a\x45\xdf\xa3',
];
const tones = [
  ...['tones.mp3', 'tones-vbr.mp3', 'tones-opus.ogg', 'tones-opus-60ms.ogg', 'tones.webm'],
  ...['tones-vorbis.ogg', 'tones.flac', 'tones-flac.ogg', 'tones-six.flac'],
].map(toneFile);

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => under(256)));
}

/** A file with some of its bytes changed, left out, doubled, or replaced by noise. */
function mutated(from: readonly Uint8Array[] = originals): Buffer {
  const file = Buffer.from(from[under(from.length)] ?? Buffer.of());
  for (let n = under(30); n >= 0; n--) file[under(under(2) ? 100 : file.length)] = under(256);
  const [start = 0, end = 0] = [under(file.length), under(file.length)].sort((a, b) => a - b);
  switch (under(4)) {
    case 0:
      return Buffer.concat([file.subarray(0, start), file.subarray(end)]);
    case 1:
      return Buffer.concat([file.subarray(0, end), file.subarray(start)]);
    case 2:
      return Buffer.concat([file.subarray(0, start), noise(under(5000)), file.subarray(start)]);
    default:
      return file;
  }
}

/** Noise behind a head that promises more, or an original whose head is that of another. */
function hostile(): Buffer {
  const head = Buffer.from(heads[under(heads.length)] ?? '', 'latin1');
  if (under(2)) return Buffer.concat([head, noise(under(20_000))]);
  const body = originals[under(originals.length)] ?? Buffer.of();
  return Buffer.concat([head, body.subarray(under(64))]);
}

test(
  'whatever comes is a sound or no sound, and never the end of the decoder',
  async () => {
    const fates = { sound: 0, none: 0 };
    const count = runs(150);
    for (let n = 0; n < count; n++) {
      const bytes = n % 3 === 0 ? hostile() : mutated();
      try {
        const { samples } = await soundOf(decoding, inPieces(bytes, 1 + under(9000)));
        expect(samples.length, `file ${n}`).toBeGreaterThan(0);
        fates.sound++;
      } catch (error) {
        expect(error, `file ${n}`).toBeInstanceOf(BotError);
        expect(error, `file ${n}`).toMatchObject({ code: 'source.not_audio' });
        expect(`${error}`).not.toMatch(/broke down|slowly/);
        fates.none++;
      }
    }
    expect(fates.sound).toBeGreaterThan(count / 8);
    expect(fates.none).toBeGreaterThan(count / 8);
  },
  timeoutMs,
);

/** An Ogg file whose packets were changed, with checksums that are right again. */
function forged(): Buffer {
  const ogg = ['tones-opus.ogg', 'tones-vorbis.ogg', 'tones-flac.ogg'].map(toneFile);
  const pages = new OggPages().push(Buffer.from(ogg[under(ogg.length)] ?? Buffer.of()));
  return Buffer.concat(
    pages.map(({ pieces, serial, isFirst, isLast, granule = 0 }) => {
      const changed = pieces.map((piece) => Buffer.from(piece));
      for (let n = under(6); n > 0; n--) {
        const piece = changed[under(changed.length)];
        if (piece && piece.length > 0)
          piece[under(under(2) ? 40 : piece.length) % piece.length] = under(256);
      }
      const place = under(9) === 0 ? under(2 ** 31) : granule;
      return writePages(changed, { serial, isFirst, isLast, granule: place });
    }),
  );
}

test(
  'every format, damaged in any way, is played or refused, and never the end of the decoder',
  async () => {
    const fates = { sound: 0, none: 0 };
    const count = runs(120);
    for (let n = 0; n < count; n++) {
      const bytes = n % 3 === 0 ? forged() : mutated(tones);
      try {
        await played(decoding, bytes, 1 + under(9000), n % 2 === 0);
        fates.sound++;
      } catch (error) {
        expect(error, `file ${n}`).toMatchObject({ code: 'source.not_audio' });
        expect(`${error}`, `file ${n}`).not.toMatch(/broke down|slowly/);
        fates.none++;
      }
    }
    expect(fates.sound).toBeGreaterThan((count * 5) / 18);
    expect(fates.none).toBeGreaterThan(count / 18);
  },
  timeoutMs,
);
