import { afterAll, expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { seededRandom } from '#src/sandbox/seeded-random.ts';
import { files, inPieces, openDecoding, soundOf } from './sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const random = seededRandom(20_261_120);
const under = (limit: number) => Math.floor(random() * limit);
const originals = [files.wav.subarray(0, 30_000), files.mp3, files.ogg];
const heads = ['', 'RIFF', 'RF64', 'ID3\x04', '\xff\xfb\x90\x00', 'OggS', 'fLaC'];

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => under(256)));
}

/** A file with some of its bytes changed, left out, doubled, or replaced by noise. */
function mutated(): Buffer {
  const file = Buffer.from(originals[under(originals.length)] ?? '');
  for (let n = under(30); n >= 0; n--) file[under(under(2) ? 100 : file.length)] = under(256);
  const [from, to] = [under(file.length), under(file.length)].sort((a, b) => a - b);
  switch (under(4)) {
    case 0:
      return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
    case 1:
      return Buffer.concat([file.subarray(0, to), file.subarray(from)]);
    case 2:
      return Buffer.concat([file.subarray(0, from), noise(under(5000)), file.subarray(from)]);
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

test('whatever comes is a sound or no sound, and never the end of the decoder', async () => {
  const fates = { sound: 0, none: 0 };
  for (let n = 0; n < 400; n++) {
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
  expect(fates.sound).toBeGreaterThan(50);
  expect(fates.none).toBeGreaterThan(50);
}, 30_000);
