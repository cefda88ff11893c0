import { afterAll, expect, test } from 'vitest';
import { similarity } from '#src/audio/echo/similarity.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { type RecordingRules, Recordings } from '#src/sources/recordings.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { digits, files, openDecoding } from './sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const allowed = new AllowedHosts(['127.0.0.1']);
const signal = new AbortController().signal;
const file = { url: 'http://127.0.0.1:9/a', name: 'a.ogg' };

function recordings(rules: Partial<RecordingRules> = {}): Recordings {
  return new Recordings(decoding, { allowed, ...rules });
}

test('a recording is fetched and made listenable, whatever it is called', async () => {
  await using server = await serveSounds(({ url }, response) => {
    const bytes = url === '/a' ? files.mp3 : url === '/b' ? files.ogg : files.wav;
    response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(bytes);
  });
  for (const path of ['a', 'b', 'c']) {
    const url = `http://127.0.0.1:${server.port}/${path}`;
    const sound = await recordings().read({ url, name: 'x.flac', type: 'audio/ogg' }, signal);
    expect(sound).toMatchObject({ rateHz: 16_000, channels: 1 });
    expect(similarity(sound, digits)).toBeGreaterThan(0.9);
  }
});

test('a recording that came with the request is not fetched, and may be as bad as any', async () => {
  const read = (bytes: Uint8Array) =>
    recordings().read({ url: '', name: 'recording', bytes, personId: 'ana' }, signal);
  const [one, other] = await Promise.all([read(files.wav), read(files.ogg)]);
  expect(similarity(one, digits)).toBeGreaterThan(0.9);
  expect(similarity(other, digits)).toBeGreaterThan(0.9);
  await expect(read(Buffer.from('no sound'))).rejects.toMatchObject({ code: 'source.not_audio' });
  const large = new Uint8Array(33 * 1024 * 1024);
  await expect(read(large)).rejects.toMatchObject({ code: 'source.too_big' });
});

test('what is said to be too long, too big or no sound is not even asked for', async () => {
  const read = (said: object) => expect(recordings().read({ ...file, ...said }, signal)).rejects;
  await read({ durationMs: 120_001 }).toMatchObject({ code: 'source.too_long' });
  await read({ sizeBytes: 33 * 1024 * 1024 }).toMatchObject({ code: 'source.too_big' });
  await read({ type: 'image/png' }).toMatchObject({ code: 'source.not_audio' });
  await read({}).toMatchObject({ code: 'source.unreachable' });
});

test('a recording longer than it may be is read no further than that', async () => {
  await using server = await serveSounds((_, response) => {
    response.writeHead(200).end(files.wav);
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  const read = recordings({ longestMs: 1000 }).read({ ...file, url, durationMs: 10 }, signal);
  await expect(read).rejects.toMatchObject({ code: 'source.too_long' });
});

test('a recording that does not arrive in time is given up, and one nobody waits for too', async () => {
  await using server = await serveSounds((_, response) => {
    response.writeHead(200).write(files.mp3.subarray(0, 5000));
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  const late = recordings({ deadlineMs: 200 }).read({ ...file, url }, signal);
  await expect(late).rejects.toMatchObject({ code: 'source.unreachable' });
  const reason = new Error('left');
  const left = recordings().read({ ...file, url }, AbortSignal.abort(reason));
  await expect(left).rejects.toBe(reason);
});

test('of five recordings at once one is refused', async () => {
  await using server = await serveSounds((_, response) => void response.end(files.ogg));
  const reader = recordings();
  const url = `http://127.0.0.1:${server.port}/a`;
  const all = Array.from({ length: 5 }, () => reader.read({ ...file, url }, signal));
  const fates = (await Promise.allSettled(all)).map(({ status }) => status);
  expect(fates.filter((fate) => fate === 'rejected')).toHaveLength(1);
  await expect(reader.read({ ...file, url }, signal)).resolves.toBeDefined();
});

test('without an allowed host nothing of this machine is fetched', async () => {
  await using server = await serveSounds((_, response) => void response.end(files.mp3));
  const url = `http://127.0.0.1:${server.port}/a`;
  const read = recordings({ allowed: new AllowedHosts([]) }).read({ ...file, url }, signal);
  await expect(read).rejects.toMatchObject({ code: 'source.not_allowed' });
  expect(server.asked).toEqual([]);
});
