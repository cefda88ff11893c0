import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { type ReadTags, SoundLibrary } from '#src/sources/library.ts';
import { Sources } from '#src/sources/sources.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openDecoding } from './sounds.ts';
import { toneWav } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const opener = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const readTags: ReadTags = (path, until) => decoding.readTags(path, until);
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
    'x\u202e\ny\u0007.wav': toneWav(),
  });
  await using other = await folderOf({ 'secret.wav': toneWav() });
  await symlink(other.path, join(own.path, 'elsewhere'));
  await symlink(join(other.path, 'secret.wav'), join(own.path, 'link.wav'));
  await mkdir(join(own.path, 'folder.wav'));
  const library = libraryIn(own);
  expect(await library.names()).toEqual([
    'a/b/c/d/deepest',
    'rain',
    'weather/far away/Thunder',
    'weather/rain',
    'x y',
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
    'link',
    'folder',
    '../secret',
    `../${other.path}/secret`,
    '/etc/passwd',
    'rain.wav',
    '',
    '\0',
    'toString',
  ]) {
    expect(await library.open(name, signal), name).toBeUndefined();
  }
});

test('a sound is titled as its tags say, and plays to its length', async () => {
  await using own = await folderOf({
    '02.wav': withInfo(toneWav(), 'Two\ntones'),
    '04.wav': toneWav(),
    '05.ogg': 'This is no music.',
  });
  const library = libraryIn(own);
  expect(await library.titled(signal)).toEqual([
    { name: '02', title: 'Two tones' },
    { name: '04' },
    { name: '05' },
  ]);
  const source = await library.open('02', signal);
  expect(source).toMatchObject({ title: 'Two tones', seekable: true, lengthMs: 1_000 });
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
