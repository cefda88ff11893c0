import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { WavFolder } from '#src/console/first-run/wav-files.ts';

async function dataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-shelf-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('what people heard is numbered through all runs, and the newest fifty are kept', async () => {
  const folder = await dataDir();
  const names: string[] = [];
  for (const person of Array.from({ length: 55 }, (_, n) => (n % 2 === 0 ? 'Adam' : 'Bob'))) {
    const path = await new WavFolder(folder).place(person);
    await writeFile(path, '');
    names.push(basename(path));
  }
  expect(names.slice(0, 2)).toEqual(['adam-1.wav', 'bob-2.wav']);
  await writeFile(join(folder, 'sandbox', 'adam-heard.wav'), '');
  await new WavFolder(folder).tidy();
  const left = await readdir(join(folder, 'sandbox'));
  expect(left.toSorted()).toEqual([...names.slice(5), 'adam-heard.wav'].toSorted());
});

test('people who hear something at the same time get places of their own', async () => {
  const folder = new WavFolder(await dataDir());
  const paths = await Promise.all([folder.place('Adam'), folder.place('Adam')]);
  expect(paths.map((path) => basename(path)).toSorted()).toEqual(['adam-1.wav', 'adam-2.wav']);
});

test('a folder that cannot be made is told with the setting to check', async () => {
  const placing = new WavFolder('package.json').place('Adam');
  await expect(placing).rejects.toThrow(/check DATA_DIR/);
});
