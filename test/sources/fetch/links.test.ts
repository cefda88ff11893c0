import type { RequestListener } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chunkMs, opening, patient, soundFrom } from '#test/sources/opening.ts';
import { openDecoding } from '#test/sources/sounds.ts';
import { toneFile, toneWav } from '#test/sources/tones.ts';
import { serveSounds } from './sound-server.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = opening(decoding);

/** A server that gives a file, and parts of it. */
function giving(
  file: Buffer,
  over: { readonly breakAfter?: number; readonly etags?: string[] } = {},
): RequestListener {
  let asked = 0;
  return ({ headers }, response) => {
    const etag = over.etags?.[asked] ?? '"1"';
    const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const part = file.subarray(Number(from));
    const range = `bytes ${from}-${file.length - 1}/${file.length}`;
    const head = { 'accept-ranges': 'bytes', 'content-length': part.length, etag };
    response.writeHead(
      headers.range ? 206 : 200,
      headers.range ? { ...head, 'content-range': range } : head,
    );
    if (over.breakAfter && asked++ === 0)
      response.write(part.subarray(0, over.breakAfter), () => response.destroy());
    else response.end(part);
  };
}

test('a link is asked once, and what was looked at is what is heard', async () => {
  await using server = await serveSounds(giving(toneFile('tones.mp3')));
  const url = `http://127.0.0.1:${server.port}/some/My%20song.mp3?key=secret`;
  const source = await open({ kind: 'link', url });
  expect(source).toMatchObject({ title: 'My song.mp3', seekable: true });
  expect(Math.abs((source.lengthMs ?? 0) - 1500)).toBeLessThan(80);
  expect((await soundFrom(source)).left).toHaveLength(72_000);
  expect(server.asked).toHaveLength(1);
  expect((await soundFrom(source)).left).toHaveLength(72_000);
  expect(server.asked).toHaveLength(2);
});

test('from its middle on only that part of a WAV file is fetched', async () => {
  const file = toneWav();
  await using server = await serveSounds(giving(file));
  const source = await open({ kind: 'link', url: `http://127.0.0.1:${server.port}/a` });
  const [whole, late] = [await soundFrom(source), await soundFrom(source, 500)];
  expect(late.left).toHaveLength(24_000);
  expect(late.left.subarray(500)).toEqual(whole.left.subarray(24_500));
  expect(server.asked.at(-1)?.headers).toMatchObject({ range: `bytes=${44 + 4 * 11_025}-` });
});

test('a server that gives no parts is read from the start, and what is not wanted dropped', async () => {
  const file = toneWav();
  await using server = await serveSounds((_, response) => {
    response.flushHeaders();
    response.end(file);
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  await using sized = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-length': file.length }).end(file);
  });
  const live = await open({ kind: 'link', url });
  expect(live).toMatchObject({ seekable: false });
  const source = await open({ kind: 'link', url: `http://127.0.0.1:${sized.port}/a` });
  expect(source.seekable).toBe(true);
  expect((await soundFrom(source, 500)).left).toHaveLength(24_000);
});

test('a connection that breaks is opened again where it was, where the server gives parts', async () => {
  const file = toneFile('tones.mp3');
  await using server = await serveSounds(giving(file, { breakAfter: 9000 }));
  const source = await open({ kind: 'link', url: `http://127.0.0.1:${server.port}/a` });
  expect((await soundFrom(source)).left).toHaveLength(72_000);
  expect(server.asked.map(({ headers: { range } }) => range)).toEqual([undefined, 'bytes=9000-']);
});

test('a file that became another while it was read is not stitched together', async () => {
  await using server = await serveSounds(
    giving(toneFile('tones.mp3'), { breakAfter: 9000, etags: ['"1"', '"2"'] }),
  );
  const source = await open({ kind: 'link', url: `http://127.0.0.1:${server.port}/a` });
  await expect(soundFrom(source)).rejects.toMatchObject({ code: 'source.not_audio' });
});

test('a radio plays as long as it is wanted, starts where it is, and stops when its server does', async () => {
  const song = toneFile('tones.mp3').subarray(208);
  await using server = await serveSounds(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'icy-name': 'Radio' });
    response.write(song.subarray(1000)); // in the middle of a frame
    if (url === '/silent') return;
    const flood = () => {
      while (!response.destroyed && response.write(song));
    };
    response.on('drain', flood);
    flood();
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const source = await open(
    { kind: 'link', url: `${origin}/radio` },
    { longestMs: 1000, mostBytes: 1000, waitMs: 60_000 },
  );
  expect(source).toMatchObject({ seekable: false, title: 'radio' });
  expect(source.lengthMs).toBeUndefined();
  let playedMs = 0;
  for await (const chunk of source.open(5000, patient)) {
    playedMs += chunkMs(chunk);
    if (playedMs > 20_000) break;
  }
  const silent = await open({ kind: 'link', url: `${origin}/silent` }, { idleMs: 200 });
  await expect(soundFrom(silent)).rejects.toMatchObject({
    code: 'source.unreachable',
    retryable: true,
  });
  await expect.poll(() => server.open()).toBe(0);
});

test('a live stream that waits is closed after ten seconds, and opened again when its turn comes', async () => {
  const song = toneFile('tones.mp3');
  await using server = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write(song);
  });
  const clock = new VirtualClock();
  const url = `http://127.0.0.1:${server.port}/radio`;
  const source = await opening(decoding, { clock })({ kind: 'link', url });
  await clock.advance(9_000);
  expect(server.open()).toBe(1);
  await clock.advance(1_000);
  await expect.poll(() => server.open()).toBe(0);
  const listening = source.open(0, patient)[Symbol.asyncIterator]();
  expect((await listening.next()).done).toBe(false);
  expect([server.asked.length, server.open()]).toEqual([2, 1]);
  await listening.return?.();
  await expect.poll(() => server.open()).toBe(0);
});

test('a file that drips is given up after all its waits, however short each is', async () => {
  const file = toneWav();
  await using server = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-length': file.length });
    let at = 0;
    const drip = setInterval(() => {
      response.write(file.subarray(at, at + 10));
      at += 10;
    }, 50);
    response.on('close', () => clearInterval(drip));
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  const read = async () => soundFrom(await open({ kind: 'link', url }, { waitMs: 400 }));
  await expect(read()).rejects.toMatchObject({ code: 'source.unreachable' });
  await expect.poll(() => server.open()).toBe(0);
});

test.each([
  ['too big', { 'content-length': 300_000_000 }, 'source.too_big'],
  ['a page', { 'content-type': 'text/html' }, 'source.not_audio'],
  ['a list for players', { 'content-type': 'application/vnd.apple.mpegurl' }, 'source.not_audio'],
] as const)('a link that says it is %s is refused by its head', async (_, headers, code) => {
  await using server = await serveSounds(
    (_request, response) => void response.writeHead(200, headers).write('x'),
  );
  const url = `http://127.0.0.1:${server.port}/a`;
  await expect(open({ kind: 'link', url })).rejects.toMatchObject({ code });
  await expect.poll(() => server.open()).toBe(0);
});

test('a server that takes the connection and says nothing is given up', async () => {
  await using server = await serveSounds(() => undefined);
  const url = `http://127.0.0.1:${server.port}/a`;
  const opened = open({ kind: 'link', url }, { firstByteMs: 150 });
  await expect(opened).rejects.toMatchObject({ code: 'source.unreachable' });
  await expect.poll(() => server.open()).toBe(0);
});

test('an attachment that is said to be no sound is not even asked for, nor is what is not allowed', async () => {
  await using server = await serveSounds(giving(toneWav()));
  const url = `http://127.0.0.1:${server.port}/a`;
  await expect(open({ kind: 'link', url, type: 'image/png' })).rejects.toMatchObject({
    code: 'source.not_audio',
  });
  const strict = opening(decoding, { allowed: new AllowedHosts([]) });
  const refused = await strict({ kind: 'link', url }).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'source.not_allowed' });
  expect(`${refused}`).not.toMatch(/127|http:/);
  expect(server.asked).toEqual([]);
});

test('a server that sends no faster than one listens may take as long as the sound', async () => {
  const file = toneWav();
  await using server = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-length': file.length });
    let at = 0;
    const pace = setInterval(() => {
      response.write(file.subarray(at, at + 4410)); // 50 ms
      at += 4410;
      if (at >= file.length) clearInterval(pace);
    }, 40);
    response.on('close', () => clearInterval(pace));
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  const source = await open({ kind: 'link', url }, { waitMs: 400 });
  expect((await soundFrom(source)).left).toHaveLength(48_000);
});
