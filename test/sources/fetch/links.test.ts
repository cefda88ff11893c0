import type { RequestListener } from 'node:http';
import { getDurationMs } from '#src/audio/pcm.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { neverAborted, openWith, readSound } from '#test/sources/open-source.ts';
import { openDecoding } from '#test/sources/source-sounds.ts';
import { makeToneWav, readToneFile } from '#test/sources/tones.ts';
import { serveSounds } from './sound-server.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = openWith(decoding);

/** A server that gives a file, and parts of it. */
function serveFileParts(file: Buffer): RequestListener {
  return ({ headers }, response) => {
    const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const part = file.subarray(Number(from));
    const range = `bytes ${from}-${file.length - 1}/${file.length}`;
    const head = {
      'accept-ranges': 'bytes',
      'content-length': part.length,
      etag: '"1"',
    };
    response.writeHead(
      headers.range ? 206 : 200,
      headers.range ? { ...head, 'content-range': range } : head,
    );
    response.end(part);
  };
}

test('a link is looked at first, and asked again for each who hears it', async () => {
  await using server = await serveSounds(serveFileParts(readToneFile('tones.mp3')));
  const url = `http://127.0.0.1:${server.port}/some/My%20song.mp3?key=secret`;
  const source = await open({ kind: 'link', url });
  expect(source).toMatchObject({ title: 'My song.mp3', isSeekable: true });
  expect(Math.abs((source.lengthMs ?? 0) - 1500)).toBeLessThan(80);
  expect((await readSound(source)).left).toHaveLength(72_000);
  expect((await readSound(source)).left).toHaveLength(72_000);
  expect(server.asked).toHaveLength(3);
});

test('a radio plays as long as it is wanted and starts where it is, and one that is silent is given up', async () => {
  const song = readToneFile('tones.mp3').subarray(208);
  await using server = await serveSounds(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'icy-name': 'Radio' });
    if (url === '/silent') return;
    response.write(song.subarray(1000)); // in the middle of a frame
    const floodResponse = () => {
      while (!response.destroyed && response.write(song));
    };
    response.on('drain', floodResponse);
    floodResponse();
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const limits = { maxMs: 1000, maxBytes: 1000 };
  const openLimited = openWith(decoding, { limits });
  const source = await openLimited({ kind: 'link', url: `${origin}/radio` });
  expect(source).toMatchObject({ isSeekable: false, title: 'radio' });
  expect(source.lengthMs).toBeUndefined();
  let playedMs = 0;
  for await (const pcm of source.open(5000, neverAborted)) {
    playedMs += getDurationMs(pcm);
    if (playedMs > 20_000) break;
  }
  const hurried = openWith(decoding, { limits: { openMs: 200 } });
  await expect(
    hurried({ kind: 'link', url: `${origin}/silent` }),
  ).rejects.toMatchObject({
    code: 'source.unreachable',
    retryable: true,
  });
  await expect.poll(() => server.countOpen()).toBe(0);
});

test('a live stream that waits holds no connection until its turn comes', async () => {
  const song = readToneFile('tones.mp3');
  await using server = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write(song);
  });
  const source = await open({
    kind: 'link',
    url: `http://127.0.0.1:${server.port}/radio`,
  });
  await expect.poll(() => server.countOpen()).toBe(0);
  const listening = source.open(0, neverAborted)[Symbol.asyncIterator]();
  expect((await listening.next()).done).toBe(false);
  expect([server.asked.length, server.countOpen()]).toEqual([2, 1]);
  await listening.return?.();
  await expect.poll(() => server.countOpen()).toBe(0);
});

test('an attachment that is said to be no sound is not even asked for, nor is what is not allowed', async () => {
  await using server = await serveSounds(serveFileParts(makeToneWav()));
  const url = `http://127.0.0.1:${server.port}/a`;
  await expect(open({ kind: 'link', url, type: 'image/png' })).rejects.toMatchObject({
    code: 'source.not_audio',
  });
  const strict = openWith(decoding, { allowed: new AllowedHosts([]) });
  const refused = await strict({ kind: 'link', url }).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'source.not_allowed' });
  expect(`${refused}`).not.toMatch(/127|http:/);
  expect(server.asked).toEqual([]);
});
