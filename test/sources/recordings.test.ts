import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toGuildId } from '#src/base/ids.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import {
  type AdmittedFile,
  RecordingFetcher,
  type RecordingRules,
} from '#src/sources/recordings.ts';
import { serveSounds } from '#test/sources/fetch/sound-server.ts';
import { openDecoding, soundFiles } from './source-sounds.ts';
import { readToneFile } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const allowed = new AllowedHosts(['127.0.0.1']);
const signal = new AbortController().signal;
const file = { url: 'http://127.0.0.1:9/a', name: 'a.ogg' } as AdmittedFile;

function openRecordings(rules: Partial<RecordingRules> = {}) {
  return new RecordingFetcher(decoding, { allowed, ...rules });
}

test('a recording that does not arrive in time is given up, and one nobody waits for too', async () => {
  await using server = await serveSounds((_, response) => {
    response.writeHead(200).write(soundFiles.mp3.subarray(0, 5000));
  });
  const url = `http://127.0.0.1:${server.port}/a`;
  const late = openRecordings({ deadlineMs: 200 }).read(
    toGuildId('g'),
    { ...file, url },
    signal,
  );
  await expect(late).rejects.toMatchObject({ code: 'source.unreachable' });
  const reason = new Error('left');
  const left = openRecordings().read(
    toGuildId('g'),
    { ...file, url },
    AbortSignal.abort(reason),
  );
  await expect(left).rejects.toBe(reason);
});

test('of three recordings at once of one server one is refused, and of five of several', async () => {
  await using server = await serveSounds(
    (_, response) => void response.end(soundFiles.ogg),
  );
  const reader = openRecordings();
  const url = `http://127.0.0.1:${server.port}/a`;
  for (const servers of ['ggg', 'gghhi']) {
    const all = [...servers].map((server) =>
      reader.read(toGuildId(server), { ...file, url }, signal),
    );
    const fates = (await Promise.allSettled(all)).map(({ status }) => status);
    expect(fates.map((fate) => fate === 'rejected')).toEqual(
      fates.map((_, n) => n === all.length - 1),
    );
  }
  await expect(
    reader.read(toGuildId('g'), { ...file, url }, signal),
  ).resolves.toBeDefined();
});

/** Pictures as a server hands them out: the data URLs of each of them, or the code of what is wrong. */
async function fetchPictures(...all: readonly { type: string; bytes: Buffer }[]) {
  await using server = await serveSounds(({ url }, response) => {
    const { type, bytes } = all[Number(url?.slice(1))] ?? expect.fail();
    response.writeHead(200, { 'content-type': type }).end(bytes);
  });
  const links = all.map((_, n) => ({
    ...file,
    url: `http://127.0.0.1:${server.port}/${n}`,
  }));
  return await openRecordings()
    .readPictures(toGuildId('g'), links, signal)
    .catch(({ code }) => code);
}

const makePicture = (head: string, length = 40) => {
  return {
    type: 'image/png',
    bytes: Buffer.concat([Buffer.from(head, 'latin1')], length),
  };
};
const png = '\x89PNG\r\n\x1a\n';

test.each([
  ['png', png],
  ['jpeg', '\xff\xd8\xff\xe1'],
  ['gif', 'GIF89a'],
  ['webp', 'RIFF1234WEBPVP8 '],
])(
  'a picture is told to be %s by its first bytes, whatever type is claimed',
  async (format, head) => {
    const { bytes } = makePicture(head);
    const urls = [`data:image/${format};base64,${bytes.toString('base64')}`];
    expect(await fetchPictures({ type: 'image/tiff', bytes })).toEqual(urls);
  },
);

test('what is no picture, or with others more than 3 MB, is refused', async () => {
  expect(await fetchPictures(makePicture('<svg>'))).toBe('source.not_audio');
  expect(await fetchPictures({ ...makePicture(png), type: 'text/html' })).toBe(
    'source.not_audio',
  );
  expect(await fetchPictures(makePicture(png, 3_000_001))).toBe('source.too_big');
  expect(await fetchPictures(makePicture(png, 3e6 - 40), makePicture(png, 41))).toBe(
    'source.too_big',
  );
  expect(
    await fetchPictures(makePicture(png, 3e6 - 40), makePicture(png)),
  ).toHaveLength(2);
});

/** A program in the place of ffmpeg: a second of samples that all are 1,000. */
async function writeFakeFfmpeg(folder: string) {
  const path = join(folder, 'ffmpeg');
  const body =
    'process.stdin.resume(); process.stdin.on("end", () => process.stdout.write(Buffer.from(new Int16Array(96_000).fill(1_000).buffer)));';
  await writeFile(path, `#!${process.execPath}\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

test('a recording of a phone is read by ffmpeg, and refused by its name where there is none', async () => {
  const bytes = readToneFile('tones.m4a');
  const recording = { url: '', name: 'memo.m4a', bytes };
  await using folder = await mkdtempDisposable(join(tmpdir(), 'parley-phone-'));
  const ffmpeg = await writeFakeFfmpeg(folder.path);
  const sound = await openRecordings({ ffmpeg }).read(
    toGuildId('g'),
    recording,
    signal,
  );
  expect(sound).toMatchObject({ rateHz: 16_000, channels: 1 });
  expect(sound.samples.length / 16_000).toBeCloseTo(1, 1);
  expect(sound.samples[8_000]).toBeCloseTo(1_000, -2);
  const refused = openRecordings().read(toGuildId('g'), recording, signal);
  await expect(refused).rejects.toMatchObject({
    code: 'source.not_audio',
    about: { ffmpegFormat: 'MP4' },
  });
});
