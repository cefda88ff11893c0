import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUp, backUpFormerFormats } from '#src/storage/backups/backup.ts';
import { backupsFolder, copiesIn } from '#src/storage/backups/copy-names.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { versionIn } from '#src/storage/schema.ts';
import { copiedStores } from './copied-stores.ts';
import { heldByAnother, storeFolder } from './files.ts';

const options = { clock: realClock, patienceMs: 0 };
const always = { kind: 'always' } as const;
const atWallMs = Date.UTC(2026, 10, 20, 16, 25);

test('a backup made while the bot runs is a whole store of its own', async () => {
  using place = storeFolder();
  await using store = await openLocalStore(place.path, options);
  await store.consents.write('10', '1', always);
  using _writer = heldByAnother(place.path);
  const path = await backUp(place.path, join(place.folder, 'backups'), atWallMs);
  expect(path).toBe(join(place.folder, 'backups', 'parley-2026-11-20T16-25-00-000Z.sqlite'));
  expect(readdirSync(dirname(path))).toHaveLength(1);
  await using copy = await openLocalStore(path, options);
  expect(await copy.consents.read('10')).toEqual(new Map([['1', always]]));
});

test('the newest seven backups are kept, and nothing else in the folder is touched', async () => {
  using place = storeFolder();
  await using _store = await openLocalStore(place.path, options);
  const folder = join(place.folder, 'backups');
  const paths: string[] = [];
  for (let day = 0; day < 9; day++)
    paths.push(await backUp(place.path, folder, atWallMs + day * 86_400_000));
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  writeFileSync(join(folder, 'parley-2026-11-20T00-00-00-000Z.sqlite.part'), 'half');
  paths.push(await backUp(place.path, folder, atWallMs + 10 * 86_400_000));
  const kept = readdirSync(folder).map((name) => join(folder, name));
  expect(kept.sort()).toEqual([join(folder, 'notes.txt'), ...paths.slice(-7)].sort());
});

test('backups that others could read are closed to them with the next one', async () => {
  using place = storeFolder();
  await using _store = await openLocalStore(place.path, options);
  const folder = join(place.folder, 'backups');
  const first = await backUp(place.path, folder, atWallMs);
  chmodSync(first, 0o644);
  const second = await backUp(place.path, folder, atWallMs + 1);
  expect([first, second].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
});

test('a backup leaves a store that nobody uses without files beside it', async () => {
  using place = storeFolder();
  await (await openLocalStore(place.path, options))[Symbol.asyncDispose]();
  await backUp(place.path, join(place.folder, 'backups'), atWallMs);
  expect(readdirSync(dirname(place.path))).toEqual(['parley.db']);
});

test('a backup of nothing makes nothing, and says what to do', async () => {
  using place = storeFolder();
  await expect(backUp(place.path, join(place.folder, 'backups'), atWallMs)).rejects.toThrow(
    `There is no store ${place.path} to copy: start the bot once, or set DATA_DIR.`,
  );
  expect(existsSync(place.path)).toBe(false);
});

test('a damaged store is not copied over good backups', async () => {
  using place = storeFolder();
  await (await openLocalStore(place.path, options))[Symbol.asyncDispose]();
  const folder = join(place.folder, 'backups');
  const good = await backUp(place.path, folder, atWallMs);
  writeFileSync(place.path, 'no database '.repeat(1000));
  await expect(backUp(place.path, folder, atWallMs + 1)).rejects.toThrow(
    `${place.path} is damaged`,
  );
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([good]);
});

test('a backup that finds no place to write says where', async () => {
  using place = storeFolder();
  await using _store = await openLocalStore(place.path, options);
  const folder = join(place.folder, 'backups');
  writeFileSync(folder, 'a file where the folder should be');
  await expect(backUp(place.path, folder, atWallMs)).rejects.toThrow(
    /cannot open the store .*backups/,
  );
});

test('npm run backup prints the path of the copy', async () => {
  using place = storeFolder();
  await using _store = await openLocalStore(place.path, options);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['src/app/programs/backup.ts'], {
    env: { ...compileCacheEnvironment(), DATA_DIR: dirname(place.path) },
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/parley-[\dTZ-]+\.sqlite\n$/);
  expect(statSync(stdout.trim()).size).toBeGreaterThan(0);
});

test('a store of a former format is copied before it is migrated, one of the present format is not', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  expect(await backUpFormerFormats(dataDir, atWallMs)).toEqual([]);
  {
    using sqlite = new DatabaseSync(place.path);
    sqlite.exec('PRAGMA user_version = 13');
  }
  const copies = await backUpFormerFormats(dataDir, atWallMs);
  expect(copies).toEqual([
    join(backupsFolder(dataDir), 'parley-before-15-2026-11-20T16-25-00-000Z.sqlite'),
  ]);
  const later = await backUp(place.path, backupsFolder(dataDir), atWallMs + 1);
  const names = copiesIn(backupsFolder(dataDir), place.path).map(({ path }) => path);
  expect(names).toEqual([...copies, later]);
  expect(versionIn(copies[0] ?? '', 0)).toBe(13);
});
