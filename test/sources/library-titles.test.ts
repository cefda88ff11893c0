import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { SoundLibrary } from '#src/sources/library.ts';
import type { ReadTags } from '#src/sources/sound-titles.ts';
import { Sources } from '#src/sources/sources.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openDecoding } from './sounds.ts';
import { toneFile, toneWav } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const opener = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const lane = decoding.lane('library');
const readTags: ReadTags = (path, until) => lane.readTags(path, until);
const signal = new AbortController().signal;

type Folder = AsyncDisposable & { readonly path: string };

/** A folder of sounds by their names in it, which may hold folders. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'parley-sounds-'));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function libraryIn({ path }: Folder, over: { readonly readTags?: ReadTags } = { readTags }) {
  return new SoundLibrary([path], { opener, clock: realClock, ...over });
}

/** ID3v2.3 with a title and an artist, before the frames of an MP3 file. */
function withId3(file: Buffer, title: string, artist: string): Buffer {
  const frame = (id: string, words: string) => {
    const body = Buffer.concat([Buffer.from([1, 0xff, 0xfe]), Buffer.from(words, 'utf16le')]);
    const head = Buffer.alloc(10);
    head.write(id, 'latin1');
    head.writeUInt32BE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  const frames = Buffer.concat([frame('TIT2', title), frame('TPE1', artist)]);
  const head = Buffer.from([
    0x49,
    0x44,
    0x33,
    3,
    0,
    0,
    0,
    0,
    frames.length >> 7,
    frames.length & 127,
  ]);
  return Buffer.concat([head, frames, file]);
}

/** A LIST chunk with a title, behind the samples of a WAV file. */
function withInfo(file: Buffer, title: string): Buffer {
  const words = Buffer.from(`${title}\0`.padEnd(Math.ceil((title.length + 1) / 2) * 2, '\0'));
  const chunk = (id: string, body: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(id, 'latin1');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  const list = chunk('LIST', Buffer.concat([Buffer.from('INFO'), chunk('INAM', words)]));
  const whole = Buffer.concat([file, list]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}

/** A block of Vorbis comments behind the first block of a FLAC file (RFC 9639, 8.6). */
function withComments(file: Buffer, ...comments: readonly string[]): Buffer {
  const sized = (words: string) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(words));
    return Buffer.concat([size, Buffer.from(words)]);
  };
  const count = Buffer.alloc(4);
  count.writeUInt32LE(comments.length);
  const body = Buffer.concat([sized('test'), count, ...comments.map(sized)]);
  const head = Buffer.from([4, body.length >> 16, body.length >> 8, body.length]);
  const firstEnd = 4 + 4 + 34;
  return Buffer.concat([file.subarray(0, firstEnd), head, body, file.subarray(firstEnd)]);
}

test('sounds in folders are found by their path, and nothing beyond the folder is', async () => {
  await using own = await folderOf({
    'rain.wav': toneWav(),
    'weather/rain.wav': toneWav(),
    'weather/far away/Thunder.wav': toneWav(),
    'a/b/c/d/deepest.wav': toneWav(),
    'a/b/c/d/e/too deep.wav': toneWav(),
    '.hidden/secret.wav': toneWav(),
    'weather/.secret.wav': toneWav(),
    'weather/notes.txt': 'no sound',
  });
  await using other = await folderOf({ 'secret.wav': toneWav() });
  await symlink(other.path, join(own.path, 'elsewhere'));
  const library = libraryIn(own);
  expect(await library.names()).toEqual([
    'a/b/c/d/deepest',
    'rain',
    'weather/far away/Thunder',
    'weather/rain',
  ]);
  expect((await library.open('Weather/Far Away/thunder', signal))?.title).toBe(
    'weather/far away/Thunder',
  );
  for (const name of [
    'elsewhere/secret',
    'weather/../rain',
    '.hidden/secret',
    'weather',
    '/rain',
  ]) {
    expect(await library.open(name, signal), name).toBeUndefined();
  }
});

test('a sound is titled as its tags say, whatever its format, and plays to its length', async () => {
  await using own = await folderOf({
    '01.mp3': withId3(toneFile('tones.mp3'), 'Größe', 'Ana'),
    '02.wav': withInfo(toneWav(), 'Two tones'),
    '03.flac': withComments(toneFile('tones.flac'), 'TITLE=Drei\u202e\nTöne', 'ARTIST=Ben'),
    '04.wav': toneWav(),
    '05.ogg': 'This is no music.',
  });
  const library = libraryIn(own);
  expect(await library.titled(signal)).toEqual([
    { name: '01', title: 'Größe', artist: 'Ana' },
    { name: '02', title: 'Two tones' },
    { name: '03', title: 'Drei Töne', artist: 'Ben' },
    { name: '04' },
    { name: '05' },
  ]);
  const titles = ['01', '02', '03', '04'].map(
    async (name) => (await library.open(name, signal))?.title,
  );
  expect(await Promise.all(titles)).toEqual(['Ana – Größe', 'Two tones', 'Ben – Drei Töne', '04']);
  const source = await library.open('02', signal);
  expect([source?.seekable, source?.lengthMs]).toEqual([true, 1_000]);
  expect((await Array.fromAsync(source?.open(0, signal) ?? [])).length).toBeGreaterThan(0);
});

/** Reads tags as if each file took a second. */
function slow(clock: VirtualClock, asked: string[]): ReadTags {
  return async (path, until) => {
    asked.push(path.at(-5) ?? '');
    await clock.advance(1_000);
    return await readTags(path, until);
  };
}

test('somebody who looks for a title waits 3 s at most, and the next one finds what was not read', async () => {
  await using own = await folderOf(
    Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`${n}.wav`, withInfo(toneWav(), `Title ${n}`)])),
  );
  const clock = new VirtualClock();
  const asked: string[] = [];
  const library = new SoundLibrary([own.path], { opener, clock, readTags: slow(clock, asked) });
  const titles = async () => (await library.titled(signal)).map(({ title }) => title);
  expect(await titles()).toEqual(['Title 1', 'Title 2', 'Title 3', undefined, undefined]);
  expect(await titles()).toEqual(['Title 1', 'Title 2', 'Title 3', 'Title 4', 'Title 5']);
  expect(asked).toEqual(['1', '2', '3', '4', '5']);
});

test('tags are read again once a file has changed', async () => {
  await using own = await folderOf({ 'a.wav': withInfo(toneWav(), 'Before') });
  const library = libraryIn(own);
  expect(await library.titled(signal)).toEqual([{ name: 'a', title: 'Before' }]);
  await writeFile(join(own.path, 'a.wav'), withInfo(toneWav(), 'After'));
  await utimes(join(own.path, 'a.wav'), 1, 1);
  expect(await library.titled(signal)).toEqual([{ name: 'a', title: 'After' }]);
});

test('a file that takes its decoder down has no title, and the others keep theirs', async () => {
  await using own = await folderOf({
    'bad.wav': toneWav(),
    'good.wav': withInfo(toneWav(), 'Good'),
  });
  const breaking: ReadTags = async (path, until) => {
    if (path.endsWith('bad.wav')) throw new Error('dead');
    return await readTags(path, until);
  };
  expect(await libraryIn(own, { readTags: breaking }).titled(signal)).toEqual([
    { name: 'bad' },
    { name: 'good', title: 'Good' },
  ]);
});

test('without anything to read tags with, sounds are called as their files are', async () => {
  await using own = await folderOf({ 'a.wav': withInfo(toneWav(), 'Title') });
  const library = libraryIn(own, {});
  expect(await library.titled(signal)).toEqual([{ name: 'a' }]);
  expect((await library.open('a', signal))?.title).toBe('a');
});
