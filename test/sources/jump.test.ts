import { afterAll, expect, test } from 'vitest';
import { writePages } from '#src/audio/ogg-page.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { flacSample, isFlacHeader } from '#src/sources/formats/flac-frames.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { opening, patient } from './opening.ts';
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
