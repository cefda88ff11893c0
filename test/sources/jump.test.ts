import { afterAll, expect, test } from 'vitest';
import { writePages } from '#src/audio/ogg-page.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { realClock } from '#src/base/clock.ts';
import { flacSample, isFlacHeader } from '#src/sources/formats/flac-frames.ts';
import type { FindPlace } from '#src/sources/seek/bisect.ts';
import { bisect } from '#src/sources/seek/bisect.ts';
import { layoutOf } from '#src/sources/seek/sound-layout.ts';
import { bytesInMemory, type SoundBytes } from '#src/sources/sound-bytes.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { opening, patient, soundFrom } from './opening.ts';
import { openDecoding } from './sounds.ts';
import { toneFile } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = opening(decoding);
const codec = await loadOpus();

/** Ogg Opus of so many seconds; each second has its own packet, so that a place is known by its sound. */
function longOgg(seconds: number): { readonly file: Buffer; readonly packets: readonly Buffer[] } {
  const encoder = codec.encoder(48_000);
  const packets = Array.from({ length: seconds }, (_, second) =>
    Buffer.from(
      encoder.encode(
        Int16Array.from({ length: 960 }, (_, n) => 9000 * Math.sin(n * (second + 1) * 0.001)),
      ),
    ),
  );
  encoder.free();
  const head = Buffer.from('OpusHead\x01\x01\0\0\x80\xbb\0\0\0\0\0', 'latin1');
  const pages = [
    writePages([head], { serial: 7, isFirst: true }),
    writePages([Buffer.from('OpusTags\0\0\0\0\0\0\0\0')], { serial: 7, sequence: 1 }),
    ...packets.map((packet, n) =>
      writePages(Array<Buffer>(50).fill(packet), {
        serial: 7,
        sequence: n + 2,
        granule: (n + 1) * 48_000,
        isLast: n === seconds - 1,
      }),
    ),
  ];
  return { file: Buffer.concat(pages), packets };
}

const long = longOgg(900);

test.each([0, 19_000, 20_000, 123_000, 456_780, 898_980])(
  'a long Ogg file is entered at %i ms, to the packet',
  async (fromMs) => {
    const source = await open({ kind: 'bytes', bytes: long.file });
    expect(source.lengthMs).toBe(900_000);
    const second = Math.floor(fromMs / 1000);
    for await (const chunk of source.open(fromMs, patient)) {
      expect(
        chunk.kind === 'opus' &&
          Buffer.from(chunk.packet).equals(long.packets[second] ?? Buffer.of()),
      ).toBe(true);
      break;
    }
    if (fromMs > 800_000)
      expect((await soundFrom(source, fromMs)).packets).toHaveLength(
        Math.ceil((900_000 - fromMs) / 20),
      );
  },
);

test('of a long Ogg file behind a link little is fetched to enter it far behind', async () => {
  await using server = await serveSounds(({ headers }, response) => {
    const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const part = long.file.subarray(Number(from));
    const range = { 'content-range': `bytes ${from}-${long.file.length - 1}/${long.file.length}` };
    const head = { 'accept-ranges': 'bytes', 'content-length': part.length, etag: '"1"' };
    response
      .writeHead(headers.range ? 206 : 200, { ...head, ...(headers.range && range) })
      .end(part);
  });
  const source = await open({ kind: 'link', url: `http://127.0.0.1:${server.port}/long.opus` });
  for await (const chunk of source.open(700_000, patient)) {
    expect(
      chunk.kind === 'opus' && Buffer.from(chunk.packet).equals(long.packets[700] ?? Buffer.of()),
    ).toBe(true);
    break;
  }
  expect(server.asked.length).toBeLessThan(14);
});

test('frames of FLAC tell their place, and headers are told from what only begins like one', () => {
  const file = toneFile('tones.flac');
  const places: number[] = [];
  for (let at = file.indexOf(0xff); at >= 0; at = file.indexOf(0xff, at + 1)) {
    if (isFlacHeader(file.subarray(at))) places.push(flacSample(file.subarray(at), 2048));
  }
  expect(places).toEqual([0, 2048, 4096, 6144, 8192, 10_240]);
});

test('an MP3 file whose first frame looks like AAC tells no length', () => {
  const head = Buffer.concat([Buffer.from('fff15080012ffc00', 'hex'), toneFile('tones.mp3')]);
  const bytes = { format: 'mp3', tail: undefined, sizeBytes: head.length } as const;
  expect(layoutOf({ ...bytes, head })).toEqual({});
  expect(layoutOf({ ...bytes, head: head.subarray(8) }).lengthMs).toBeGreaterThan(1_400);
});

test('a place is found in few looks, and where there is none none is found', async () => {
  const patience = { clock: realClock, firstByteMs: 1000, idleMs: 1000, waitMs: 10_000 };
  const inMemory = bytesInMemory(Buffer.alloc(30_000_000), patience);
  let checks = 0;
  const from = (byte: number) => {
    checks++;
    return inMemory.from(byte);
  };
  const bytes: SoundBytes = { ...inMemory, from };
  const find: FindPlace = async (_, byte) => ({
    byte: Math.ceil(byte / 1000) * 1000,
    sample: Math.ceil(byte / 1000),
  });
  const found = await bisect(bytes, 20_000, find, patient);
  expect(found?.sample).toBeLessThanOrEqual(20_000);
  expect(found?.sample).toBeGreaterThan(19_800);
  expect(checks).toBeLessThan(12);
  expect(await bisect(bytes, 20_000, async () => undefined, patient)).toBeUndefined();
});
