import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { FolderLibrary } from '#src/sources/sound-library.ts';
import { createSoundOpener } from '#src/sources/sound-sources.ts';
import { openDecoding } from './source-sounds.ts';
import { makeToneWav } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const opener = createSoundOpener({
  clock: realClock,
  decoding,
  allowed: new AllowedHosts([]),
});
const signal = new AbortController().signal;

type Folder = AsyncDisposable & { readonly path: string };

/** A folder of sounds by their names in it, which may hold folders. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>) {
  const path = await mkdtemp(join(tmpdir(), 'parley-sounds-'));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function libraryIn({ path }: Folder) {
  return new FolderLibrary([path], { opener, clock: realClock });
}

test('sounds in folders are found by their path, and nothing beyond the folder is', async () => {
  await using own = await folderOf({
    'rain.wav': makeToneWav(),
    'weather/rain.wav': makeToneWav(),
    'weather/far away/Thunder.wav': makeToneWav(),
    'a/b/c/d/deepest.wav': makeToneWav(),
    'a/b/c/d/e/too deep.wav': makeToneWav(),
    '.hidden/secret.wav': makeToneWav(),
    'weather/.secret.wav': makeToneWav(),
    'weather/notes.txt': 'no sound',
    'x\u202e\ny\u0007.wav': makeToneWav(),
  });
  await using other = await folderOf({ 'secret.wav': makeToneWav() });
  await symlink(other.path, join(own.path, 'elsewhere'));
  await symlink(join(other.path, 'secret.wav'), join(own.path, 'link.wav'));
  await mkdir(join(own.path, 'folder.wav'));
  const library = libraryIn(own);
  expect(await library.listNames()).toEqual([
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

test('a sound is titled as its file is called, and plays to its length', async () => {
  await using own = await folderOf({ '02.wav': makeToneWav() });
  const source = await libraryIn(own).open('02', signal);
  expect(source).toMatchObject({ title: '02', isSeekable: true, lengthMs: 1_000 });
  expect((await Array.fromAsync(source?.open(0, signal) ?? [])).length).toBeGreaterThan(
    0,
  );
});
