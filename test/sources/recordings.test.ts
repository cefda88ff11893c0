import { afterAll, expect, test } from 'vitest';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { type RecordingRules, Recordings } from '#src/sources/recordings.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { files, openDecoding } from './sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const allowed = new AllowedHosts(['127.0.0.1']);
const signal = new AbortController().signal;
const file = { url: 'http://127.0.0.1:9/a', name: 'a.ogg' };

function recordings(rules: Partial<RecordingRules> = {}): Recordings {
  return new Recordings(decoding, { allowed, ...rules });
}

test('what is said to be too long, too big or no sound is not even asked for', async () => {
  const read = (said: object) => expect(recordings().read({ ...file, ...said }, signal)).rejects;
  await read({ durationMs: 120_001 }).toMatchObject({ code: 'source.too_long' });
  await read({ sizeBytes: 33 * 1024 * 1024 }).toMatchObject({ code: 'source.too_big' });
  await read({ type: 'image/png' }).toMatchObject({ code: 'source.not_audio' });
  await read({}).toMatchObject({ code: 'source.unreachable' });
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
