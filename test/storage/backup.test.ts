import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUpFormerFormats, backUpStore } from '#src/storage/backups/backup.ts';
import {
  deleteOldCopies,
  listCopies,
  toBackupsFolder,
} from '#src/storage/backups/copy-names.ts';
import { readSchemaVersion } from '#src/storage/schema.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { dayMs, makeCopiedStores, makeStore, options } from './copied-stores.ts';
import { damage, holdByAnother, makeStoreFolder, runSql } from './store-folder.ts';

const always = { kind: 'always' } as const;
const atWallMs = Date.UTC(2026, 10, 20, 16, 25);

test('a backup made while the bot runs is a whole store of its own', async () => {
  using tempFolder = makeStoreFolder();
  await using store = await openLocalStore(tempFolder.path, options);
  await store.consents.write(toGuildId('10'), toPersonId('1'), always);
  using _writer = holdByAnother(tempFolder.path);
  const path = backUpStore(
    tempFolder.path,
    join(tempFolder.folder, 'backups'),
    atWallMs,
  );
  expect(path).toBe(
    join(tempFolder.folder, 'backups', 'parley-2026-11-20T16-25-00-000Z.sqlite'),
  );
  expect(readdirSync(dirname(path))).toHaveLength(1);
  await using copy = await openLocalStore(path, options);
  expect(await copy.consents.read(toGuildId('10'))).toEqual(new Map([['1', always]]));
});

test('copies older than seven days are deleted, whole or not, and nothing else', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder, atWallMs, atWallMs + 1);
  const folder = toBackupsFolder(dataDir);
  const [older = '', newer = ''] = listCopies(folder, tempFolder.path);
  writeFileSync(`${older}.part`, 'half');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  deleteOldCopies(dataDir, atWallMs + 7 * dayMs + 1);
  const kept = basename(newer);
  expect(new Set(readdirSync(folder))).toEqual(
    new Set(['notes.txt', kept, kept.replace('parley', 'transcripts')]),
  );
});

test('a backup of nothing makes nothing, and says what to do', () => {
  using tempFolder = makeStoreFolder();
  expect(() =>
    backUpStore(tempFolder.path, join(tempFolder.folder, 'backups'), atWallMs),
  ).toThrow(
    `There is no store ${tempFolder.path} to copy: start the bot once, or set DATA_DIR.`,
  );
  expect(existsSync(tempFolder.path)).toBe(false);
  expect(backUpFormerFormats(tempFolder.folder, atWallMs)).toEqual([]);
  deleteOldCopies(tempFolder.folder, atWallMs);
});

test('a damaged store is not copied over good backups', async () => {
  using tempFolder = makeStoreFolder();
  await makeStore(tempFolder.path);
  const folder = join(tempFolder.folder, 'backups');
  const good = backUpStore(tempFolder.path, folder, atWallMs);
  writeFileSync(tempFolder.path, damage);
  expect(() => backUpStore(tempFolder.path, folder, atWallMs + 1)).toThrow(
    `${tempFolder.path} is damaged`,
  );
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual([good]);
});

test('a store of a former format is copied before it is migrated, one of the present format is not', async () => {
  using tempFolder = makeStoreFolder();
  const dataDir = await makeCopiedStores(tempFolder);
  expect(backUpFormerFormats(dataDir, atWallMs)).toEqual([]);
  runSql(tempFolder.path, 'PRAGMA user_version = 1');
  const copies = backUpFormerFormats(dataDir, atWallMs);
  expect(copies).toEqual([
    join(toBackupsFolder(dataDir), 'parley-2026-11-20T16-25-00-000Z.sqlite'),
  ]);
  using copy = new DatabaseSync(copies[0] ?? '');
  expect(readSchemaVersion(copy)).toBe(1);
});
