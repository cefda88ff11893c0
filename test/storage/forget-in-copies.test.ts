import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { openLocalCopies } from '#src/storage/backups/copies-eraser.ts';
import { backupsFolder, copyName } from '#src/storage/backups/copy-names.ts';
import { FileCopies } from '#src/storage/backups/file-copies.ts';
import {
  expireForgotten,
  noteForgotten,
  readForgotten,
} from '#src/storage/backups/forgotten-list.ts';
import { newestCopies } from '#src/storage/backups/restore.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';
import { adam, copiedStores, dayMs, eva, filesWith, options } from './copied-stores.ts';
import { everyByte, storeFolder } from './files.ts';

const atWallMs = Date.UTC(2026, 10, 20, 16, 25);
const always = { kind: 'always' } as const;
const nobody = () => undefined;

test('not a byte of a forgotten person stays in copies, and nothing else is lost', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, atWallMs, atWallMs + dayMs);
  const folder = backupsFolder(dataDir);
  const names = readdirSync(folder);
  await using copies = await openLocalCopies(dataDir);
  expect(filesWith(folder, adam)).toHaveLength(4);
  expect(await copies.forget('10', adam)).toEqual({ kind: 'erased', days: 30 });
  expect(filesWith(folder, 'xylokarp')).toEqual([]);
  expect(filesWith(folder, 'quendorf')).toHaveLength(2);
  expect(filesWith(folder, eva)).toHaveLength(4);
  expect(filesWith(folder, adam).map((path) => /parley-|transcripts-/.exec(path)?.[0])).toEqual([
    'parley-',
    'parley-',
  ]); // as somebody of server 20
  await copies.forget('20', adam);
  expect(filesWith(folder, adam)).toEqual([]);
  expect(readdirSync(folder)).toEqual(names);
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

test('copies are changed in a thread of their own, one forgetting after the other', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, atWallMs);
  await using copies = new FileCopies(dataDir, realClock, nobody);
  const [one, other] = [copies.forget('10', adam), copies.forget('10', eva)];
  expect([await one, await other]).toEqual(Array(2).fill({ kind: 'erased', days: 30 }));
  const folder = backupsFolder(dataDir);
  expect([...filesWith(folder, 'xylokarp'), ...filesWith(folder, 'quendorf')]).toEqual([]);
  expect(filesWith(folder, eva)).toEqual([]);
});

test('a copy that cannot be changed is named, and the others are cleaned all the same', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, atWallMs, atWallMs + dayMs);
  const folder = backupsFolder(dataDir);
  const broken = join(folder, 'parley-2026-11-20T16-25-00-000Z.sqlite');
  writeFileSync(broken, 'no database '.repeat(1000));
  await using copies = new FileCopies(dataDir, realClock, nobody);
  await expect(copies.forget('10', eva)).rejects.toMatchObject({
    code: 'store.unwritable',
    message: `The copies ${broken} cannot be changed and may still hold people who were forgotten: delete them.`,
  });
  expect(filesWith(folder, eva)).toEqual([]);
});

test('who is forgotten while a backup is being made is not in it', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  noteForgotten(dataDir, { guildId: '10', personId: eva }, atWallMs + 1);
  noteForgotten(dataDir, { guildId: '10', personId: adam }, atWallMs - 1); // and is back since
  const path = await backUp(place.path, backupsFolder(dataDir), atWallMs);
  await using copy = await openLocalStore(path, options);
  expect(await copy.consents.read('10')).toEqual(new Map([[adam, always]]));
});

test('who was forgotten is known for 30 days, by nobody but who has the key', () => {
  using place = storeFolder();
  noteForgotten(place.folder, { guildId: '10', personId: adam }, atWallMs);
  const files = everyByte(place.folder);
  expect([...files.keys()].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(filesWith(place.folder, adam)).toEqual([]);
  const has = (guildId: string, sinceWallMs: number, days = 29) =>
    readForgotten(place.folder, atWallMs + days * dayMs).has(guildId, adam, sinceWallMs);
  expect(has('10', atWallMs)).toBe(true);
  expect(has('20', atWallMs)).toBe(false);
  expect(has('10', atWallMs + 1)).toBe(false);
  expect(has('10', atWallMs, 30)).toBe(false);
  expireForgotten(place.folder, atWallMs + 30 * dayMs);
  expect(readForgotten(place.folder, atWallMs).has('10', adam, atWallMs)).toBe(false);
});

test('a running bot drops what it noted of forgotten people when 30 days are over', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  noteForgotten(dataDir, { guildId: '10', personId: adam }, Date.now() - 31 * dayMs);
  const list = join(dataDir, 'forgotten.json');
  expect(readFileSync(list, 'utf8')).not.toBe('{}');
  await using _copies = new FileCopies(dataDir, realClock, nobody);
  await vi.waitFor(() => expect(readFileSync(list, 'utf8')).toBe('{}'), 20_000);
});

test('what a killed process left to erase in copies is erased by the next one', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, Date.now() - 2 * dayMs, Date.now() - dayMs);
  const folder = backupsFolder(dataDir);
  noteForgotten(dataDir, { guildId: '10', personId: adam }, Date.now());
  await backUp(place.path, folder, Date.now() + 1_000); // and Adam is back since
  for (const [path, bytes] of everyByte(folder)) writeFileSync(`${path}.part`, bytes);
  await using _copies = new FileCopies(dataDir, realClock, nobody);
  await vi.waitFor(() => expect(filesWith(folder, 'xylokarp')).toEqual([]), 20_000);
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(5), 20_000);
  await using store = await openLocalStore(
    filesWith(folder, adam).find((path) => path.includes('parley-')) ?? '',
    options,
  );
  expect([...(await store.consents.read('20')).keys()]).toEqual([adam]);
  expect(filesWith(folder, 'quendorf')).toHaveLength(2);
});

test('what a killed backup left of a copy goes when somebody is forgotten, and one that is being made stays', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  const folder = backupsFolder(dataDir);
  const partOf = async (atMs: number) => {
    const path = await backUp(transcriptsPath(dataDir), folder, atMs);
    renameSync(path, `${path}.part`);
    return `${path}.part`;
  };
  const [left, made] = [await partOf(atWallMs + dayMs), await partOf(atWallMs)];
  utimesSync(left, new Date(), new Date(Date.now() - 700_000));
  await using copies = await openLocalCopies(dataDir);
  await copies.forget('10', adam);
  expect(filesWith(folder, 'xylokarp')).toEqual([made]);
});

test('a list without its key, or a damaged one, is not taken for nobody', () => {
  using place = storeFolder();
  noteForgotten(place.folder, { guildId: '10', personId: adam }, atWallMs);
  rmSync(join(place.folder, 'forgotten.key'));
  expect(() => readForgotten(place.folder, atWallMs)).toThrow('forgotten.key is missing');
  writeFileSync(join(place.folder, 'forgotten.json'), '{"a":');
  expect(() => readForgotten(place.folder, atWallMs)).toThrow('forgotten.json, the list of');
  rmSync(join(place.folder, 'forgotten.json'));
  expect(readForgotten(place.folder, atWallMs).has('10', adam, 0)).toBe(false);
});

test('what a backup makes holds neither the list nor its key', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place);
  noteForgotten(dataDir, { guildId: '10', personId: adam }, atWallMs - 1);
  const [key = ''] = [...everyByte(dataDir)]
    .filter(([path]) => path.endsWith('forgotten.key'))
    .map(([, bytes]) => bytes.toString());
  await backUp(place.path, backupsFolder(dataDir), atWallMs);
  expect(key).toHaveLength(64);
  expect(filesWith(backupsFolder(dataDir), key)).toEqual([]);
  expect(readdirSync(backupsFolder(dataDir))).toHaveLength(1);
});

test('a copy of a former format, which lacks a table of persons, loses a forgotten person as any other', async () => {
  using place = storeFolder();
  const dataDir = await copiedStores(place, atWallMs);
  const [copy = ''] = newestCopies(dataDir, false);
  {
    using sqlite = new DatabaseSync(copy);
    sqlite.exec('DROP TABLE person_settings');
  }
  await using copies = await openLocalCopies(dataDir);
  expect(await copies.forget('10', eva)).toEqual({ kind: 'erased', days: 30 });
  expect(filesWith(backupsFolder(dataDir), eva)).toEqual([]);
});

test('transcripts that an update copied are deleted after a week, those that somebody copied are kept', async () => {
  using place = storeFolder();
  const eightDaysAgoMs = Date.now() - 8 * dayMs;
  const dataDir = await copiedStores(place, eightDaysAgoMs);
  const folder = backupsFolder(dataDir);
  for (const path of [place.path, transcriptsPath(dataDir)])
    await backUp(path, folder, eightDaysAgoMs + 1, { beforeFormat: 15 });
  await backUp(transcriptsPath(dataDir), folder, Date.now() - dayMs, { beforeFormat: 15 });
  const old = copyName(transcriptsPath(dataDir), eightDaysAgoMs + 1, 15);
  const names = readdirSync(folder);
  await using copies = await openLocalCopies(dataDir);
  await copies.expire();
  expect(names).toContain(old);
  expect(readdirSync(folder)).toEqual(names.filter((name) => name !== old));
});
