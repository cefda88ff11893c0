import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { SoundLibrary } from '#src/sources/library.ts';
import { Sources } from '#src/sources/sources.ts';
import { openDecoding } from './sounds.ts';
import { toneWav } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const opener = new Sources({ clock: realClock, decoding, allowed: new AllowedHosts([]) });
const signal = new AbortController().signal;

async function folder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'parley-sounds-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test('nothing outside the folder is a sound of it, by whatever name', async () => {
  await using own = await folder();
  await using other = await folder();
  await writeFile(join(other.path, 'secret.wav'), toneWav());
  await symlink(join(other.path, 'secret.wav'), join(own.path, 'link.wav'));
  await symlink(other.path, join(own.path, 'more.wav'));
  await mkdir(join(own.path, 'folder.wav'));
  await writeFile(join(own.path, '.hidden.wav'), toneWav());
  await writeFile(join(own.path, 'notes.txt'), 'no sound');
  await writeFile(join(own.path, 'a\u202e\nb\u0007.wav'), toneWav());
  await writeFile(join(own.path, 'fine.wav'), toneWav());
  const library = new SoundLibrary([own.path], { opener, clock: realClock });
  expect(await library.names()).toEqual(['a b', 'fine']);
  for (const name of [
    '../secret',
    'link',
    'more',
    'more/secret',
    '.hidden',
    'notes',
    'fine.wav',
    '/etc/passwd',
    '',
    '\0',
    'toString',
    `../${own.path}/fine`,
  ]) {
    expect(await library.open(name, signal), name).toBeUndefined();
  }
  expect(await library.open('A B', signal)).toBeDefined();
});
