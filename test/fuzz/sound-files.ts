import { OggPages, writePages } from '#src/audio/ogg-page.ts';
import { FlacFrames } from '#src/sources/formats/flac-frames.ts';
import { fc } from '#test/properties.ts';
import { crcOf } from '#test/sources/formats/hostile-files.ts';
import { toneFile, toneWav } from '#test/sources/tones.ts';

/** Longest a good file is before it is damaged: more only takes time. */
const mostBytes = 12_000;

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
function damaged(good: Buffer) {
  const short = good.subarray(0, mostBytes);
  return fc.tuple(damages, splice).map(([all, how]) => spliced(changed(short, all), how));
}

function spliced(bytes: Buffer, { kind, from, to, noise }: Splice) {
  const places = [from, to].map((part) => Math.floor(part * bytes.length)).sort((a, b) => a - b);
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

function changed(good: Uint8Array, all: Damage): Buffer {
  const bytes = Buffer.from(good);
  for (const { isNear, at, value } of all) {
    if (bytes.length > 0) bytes[at % Math.min(bytes.length, isNear ? 64 : bytes.length)] = value;
  }
  return bytes;
}

/** An Ogg file whose packets and places were changed; the checksums of its pages are right again. */
function forgedOgg(name: string): fc.Arbitrary<Buffer> {
  const pages = new OggPages().push(toneFile(name)).slice(0, 12);
  const forged = pages.map((page) => {
    const { pieces, serial, isFirst, isLast, granule = 0 } = page;
    const place = fc.oneof(
      { weight: 8, arbitrary: fc.constant(granule) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 ** 40 }) },
    );
    const times = fc.constantFrom(1, 1, 1, 1, 1, 1, 0, 2);
    const few = fc.array(damage, { maxLength: 2 });
    return fc.tuple(few, fc.nat(), place, times).map(([all, which, at, count]) => {
      const packets = pieces.map((piece, n) =>
        n === which % pieces.length ? changed(piece, all) : piece,
      );
      const written = writePages(packets, { serial, isFirst, isLast, granule: at });
      return Buffer.concat(Array<Buffer>(count).fill(written));
    });
  });
  return fc.tuple(...forged).map((all) => Buffer.concat(all));
}

/** A FLAC file whose frames were changed; their checksums are right again. */
function forgedFlac(): fc.Arbitrary<Buffer> {
  const file = toneFile('tones.flac');
  const cutter = new FlacFrames();
  const headBytes = file.indexOf(Buffer.of(0xff, 0xf8));
  const frames = [...cutter.push(file.subarray(headBytes)), ...cutter.end()].slice(0, 4);
  const head = file.subarray(0, headBytes);
  const forged = frames.map(({ bytes }) => {
    return fc.array(damage, { maxLength: 4 }).map((all) => mended(changed(bytes, all)));
  });
  const heads = fc.array(damage, { maxLength: 2 }).map((all) => changed(head, all));
  return fc.tuple(heads, ...forged).map((all) => Buffer.concat(all));
}

/** RFC 9639, 9.1: the header ends with a checksum of its own, the frame with another. */
function mended(frame: Buffer) {
  const [, , sizes = 0, , number = 0] = frame;
  const ofNumber = 4 + (number < 0x80 ? 1 : Math.max(1, Math.clz32(~(number << 24))));
  const [size, rate] = [sizes >> 4, sizes & 15];
  const ofSize = size === 6 ? 1 : size === 7 ? 2 : 0;
  const length = ofNumber + ofSize + (rate === 12 ? 1 : rate === 13 || rate === 14 ? 2 : 0);
  frame[0] = 0xff;
  frame[1] = 0xf8 | ((frame[1] ?? 0) & 1);
  frame[length] = crcOf(frame.subarray(0, length), 8, 0x07);
  frame.writeUInt16BE(crcOf(frame.subarray(0, -2), 16, 0x8005), frame.length - 2);
  return frame;
}

/** Files of each kind, damaged and forged. */
export const soundFiles: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  wav: damaged(toneWav()),
  mp3: fc.oneof(damaged(toneFile('tones.mp3')), damaged(toneFile('tones-vbr.mp3'))),
  flac: fc.oneof(damaged(toneFile('tones.flac')), forgedFlac()),
  'ogg-opus': fc.oneof(damaged(toneFile('tones-opus.ogg')), forgedOgg('tones-opus.ogg')),
  'ogg-vorbis': fc.oneof(damaged(toneFile('tones-vorbis.ogg')), forgedOgg('tones-vorbis.ogg')),
  'ogg-flac': fc.oneof(damaged(toneFile('tones-flac.ogg')), forgedOgg('tones-flac.ogg')),
  webm: fc.oneof(damaged(toneFile('tones.webm')), damaged(toneFile('film.mkv'))),
};
