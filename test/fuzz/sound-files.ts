import { OggPageReader, writePages } from '#src/audio/formats/ogg-page.ts';
import { FlacFrames } from '#src/sources/formats/flac-decoder.ts';
import { fc } from '#test/properties.ts';
import { computeCrc } from '#test/sources/formats/hostile-files.ts';
import { makeToneWav, readToneFile } from '#test/sources/tones.ts';

/** Longest a good file is before it is damaged: more only takes time. */
const maxBytes = 12_000;

const damage = fc.record({
  /** Near the start, where heads are, or anywhere. */
  isNear: fc.boolean(),
  at: fc.nat(0xffffff),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
});
const damages = fc.array(damage, { maxLength: 12 });
type Damage = typeof damages extends fc.Arbitrary<infer All> ? All : never;

const splice = fc.record({
  kind: fc.constantFrom('none', 'cut', 'drop', 'double', 'noise'),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  noise: fc.uint8Array({ maxLength: 300 }),
});

type Splice = typeof splice extends fc.Arbitrary<infer One> ? One : never;

/** A good file with some of its bytes changed, left out, doubled or replaced. */
function makeDamaged(good: Buffer) {
  const short = good.subarray(0, maxBytes);
  return fc
    .tuple(damages, splice)
    .map(([all, how]) => applySplice(makeChanged(short, all), how));
}

function applySplice(bytes: Buffer, { kind, from, to, noise }: Splice) {
  const places = [from, to]
    .map((part) => Math.floor(part * bytes.length))
    .sort((a, b) => a - b);
  const [start = 0, end = 0] = places;
  const [head, tail] = [bytes.subarray(0, start), bytes.subarray(end)];
  switch (kind) {
    case 'none':
      return bytes;
    case 'cut':
      return head;
    case 'drop':
      return Buffer.concat([head, tail]);
    case 'double':
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    case 'noise':
      return Buffer.concat([head, noise, tail]);
  }
}

function makeChanged(good: Uint8Array, all: Damage) {
  const bytes = Buffer.from(good);
  for (const { isNear, at, value } of all) {
    if (bytes.length > 0)
      bytes[at % Math.min(bytes.length, isNear ? 64 : bytes.length)] = value;
  }
  return bytes;
}

/** An Ogg file whose packets and places were changed; the checksums of its pages are right again. */
function forgeOgg(name: string) {
  const forged = new OggPageReader()
    .addBytes(readToneFile(name))
    .slice(0, 12)
    .map((page) => {
      const { pieces, serial, isFirst, isLast, granule = 0 } = page;
      const place = fc.oneof(
        { weight: 8, arbitrary: fc.constant(granule) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 40 }) },
      );
      const times = fc.constantFrom(1, 1, 1, 1, 1, 1, 0, 2);
      return fc
        .tuple(fc.array(damage, { maxLength: 2 }), fc.nat(), place, times)
        .map(([all, which, at, count]) => {
          const packets = pieces.map((piece, n) =>
            n === which % pieces.length ? makeChanged(piece, all) : piece,
          );
          const written = writePages(packets, { serial, isFirst, isLast, granule: at });
          return Buffer.concat(Array<Buffer>(count).fill(written));
        });
    });
  return fc.tuple(...forged).map((all) => Buffer.concat(all));
}

/** A FLAC file whose frames were changed; their checksums are right again. */
function forgeFlac() {
  const file = readToneFile('tones.flac');
  const cutter = new FlacFrames();
  const headBytes = file.indexOf(Buffer.of(0xff, 0xf8));
  const frames = [...cutter.addBytes(file.subarray(headBytes)), ...cutter.end()].slice(
    0,
    4,
  );
  const head = file.subarray(0, headBytes);
  const forged = frames.map(({ bytes }) => {
    return fc
      .array(damage, { maxLength: 4 })
      .map((all) => mendFrame(makeChanged(bytes, all)));
  });
  const heads = fc.array(damage, { maxLength: 2 }).map((all) => makeChanged(head, all));
  return fc.tuple(heads, ...forged).map((all) => Buffer.concat(all));
}

/** RFC 9639, 9.1: the header ends with a checksum of its own, the frame with another. */
function mendFrame(frame: Buffer) {
  const [, , sizes = 0, , number = 0] = frame;
  const ofNumber = 4 + (number < 0x80 ? 1 : Math.max(1, Math.clz32(~(number << 24))));
  const [size, rate] = [sizes >> 4, sizes & 15];
  const ofSize = size === 6 ? 1 : size === 7 ? 2 : 0;
  const length =
    ofNumber + ofSize + (rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0);
  frame[0] = 0xff;
  frame[1] = 0xf8 | ((frame[1] ?? 0) & 1);
  frame[length] = computeCrc(frame.subarray(0, length), 8, 0x07);
  frame.writeUInt16BE(computeCrc(frame.subarray(0, -2), 16, 0x8005), frame.length - 2);
  return frame;
}

/** Files of each kind, damaged and forged. */
export const soundFiles: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  wav: makeDamaged(makeToneWav()),
  mp3: fc.oneof(
    makeDamaged(readToneFile('tones.mp3')),
    makeDamaged(readToneFile('tones-vbr.mp3')),
  ),
  flac: fc.oneof(makeDamaged(readToneFile('tones.flac')), forgeFlac()),
  'ogg-opus': fc.oneof(
    makeDamaged(readToneFile('tones-opus.ogg')),
    forgeOgg('tones-opus.ogg'),
  ),
  'ogg-vorbis': fc.oneof(
    makeDamaged(readToneFile('tones-vorbis.ogg')),
    forgeOgg('tones-vorbis.ogg'),
  ),
  'ogg-flac': fc.oneof(
    makeDamaged(readToneFile('tones-flac.ogg')),
    forgeOgg('tones-flac.ogg'),
  ),
  webm: fc.oneof(
    makeDamaged(readToneFile('tones.webm')),
    makeDamaged(readToneFile('film.mkv')),
  ),
};
