import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { backUpFormerFormats, backUpStore } from '#src/storage/backups/backup.ts';
import {
  deleteOldCopies,
  listCopies,
  toBackupsFolder,
} from '#src/storage/backups/copy-names.ts';
import { restoreStores } from '#src/storage/backups/restore.ts';
import { findDataDirOwner, lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { refuseForeignFormats } from '#src/storage/data-dir/store-files.ts';
import { readSchemaVersion } from '#src/storage/schema.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { dayMs, eva, makeCopiedStores, makeStore, options } from './copied-stores.ts';
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

const nowWallMs = Date.now();

test.each([false, true])(
  'a restore brings no spent money back, neither from the copy nor from the present store (settings only: %s)',
  async (isSettingsOnly) => {
    using tempFolder = makeStoreFolder();
    const dataDir = await makeCopiedStores(tempFolder);
    const [g, day] = [toGuildId('10'), '2026-11-20'];
    const ofEva = { guildId: g, personId: toPersonId(eva), day };
    const spendInStore = async (nanoUsd: number, ofOther: number) => {
      await using store = await openLocalStore(tempFolder.path, options);
      const entries = [
        { guildId: g, day, nanoUsd, turns: 1 },
        { ...ofEva, nanoUsd, turns: 1 },
        { guildId: toGuildId('30'), day, nanoUsd: ofOther, turns: 1 },
      ];
      const portions = [{ ...ofEva, nanoUsd: 7, usedNanoUsd: 0 }];
      await store.spending.write({ day, entries, portions, capNanoUsd: 0 });
    };
    await spendInStore(5, 50);
    const copies = [
      backUpStore(tempFolder.path, toBackupsFolder(dataDir), nowWallMs - 3_600_000),
    ];
    await spendInStore(20, 0);
    runSql(tempFolder.path, "UPDATE spent SET nano_usd = 3 WHERE guild_id = '30'");
    restoreStores({
      dataDir,
      copies,
      nowWallMs,
      isSettingsOnly,
      chooseSettings: ({ copied }) => copied,
    });
    await using storeAfter = await openLocalStore(tempFolder.path, options);
    const rows = await storeAfter.spending.read(day);
    const sumRows = (guildId: string, personId?: string) =>
      rows
        .filter((row) => row.guildId === guildId && row.personId === personId)
        .reduce((total, { nanoUsd }) => total + nanoUsd, 0);
    expect([sumRows('10'), sumRows('10', eva), sumRows('30')]).toEqual([25, 39, 50]);
  },
);

const never = new AbortController().signal;
const firstOwner = `process ${process.pid} on ${hostname()}`;

/** One bot after the other on the folder of `path`, all on one clock. */
function startsIn(dataDir: string) {
  const clock = new VirtualClock();
  const reported: string[] = [];
  const startLocking = (signal = never) =>
    lockDataDir(
      dataDir,
      { clock, onWait: (message) => reported.push(message) },
      signal,
    );
  return { clock, reported, start: startLocking };
}

test('a second process on one DATA_DIR waits 15 s for the first, and is refused with its name', async () => {
  using tempFolder = makeStoreFolder();
  const { clock, reported, start } = startsIn(tempFolder.folder);
  using _first = await start();
  const refused = expect(start()).rejects.toMatchObject({
    code: 'store.in_use',
    message: `DATA_DIR ${tempFolder.folder} is in use by ${firstOwner}: end that process, or give each bot its own DATA_DIR.`,
  });
  await clock.advance(14_900);
  expect(clock.sleeping).toBe(1);
  await clock.advance(200);
  await refused;
  expect(reported).toEqual([
    `DATA_DIR ${tempFolder.folder} is in use by ${firstOwner}: waiting 15 s for it to end.`,
  ]);
});

test('a process that is killed leaves no lock, and one that waits can be stopped', async () => {
  using tempFolder = makeStoreFolder();
  const { clock, start } = startsIn(tempFolder.folder);
  const holding = `
    import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
    import { realClock as clock } from '#src/base/clock.ts';
    const options = { clock, onWait() {} };
    globalThis.lock = await lockDataDir(process.argv[1], options, new AbortController().signal);
    console.log('locked');
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    holding,
    tempFolder.folder,
  ]);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  expect(findDataDirOwner(tempFolder.folder)).toMatchObject({
    pid: child.pid,
    host: hostname(),
  });
  const stop = new AbortController();
  const waiting = expect(start(stop.signal)).rejects.toThrow('asked to stop');
  await clock.advance(1_000);
  stop.abort(new Error('asked to stop'));
  await waiting;
  child.kill('SIGKILL');
  await ended;
  expect(findDataDirOwner(tempFolder.folder)).toBeUndefined();
  using _lock = await start();
  expect(clock.nowMs()).toBe(1_000);
});

test('a lock is no reason to fail: a folder that cannot be written is not locked, and an end leaves nobody named', async () => {
  using tempFolder = makeStoreFolder();
  writeFileSync(join(tempFolder.folder, 'file'), '');
  for (const path of [join(tempFolder.folder, 'file'), '/proc/nope']) {
    (await startsIn(path).start())[Symbol.dispose]();
  }
  const data = join(tempFolder.folder, 'data');
  (await startsIn(data).start())[Symbol.dispose]();
  expect(readdirSync(data)).toEqual(['parley.lock']);
  expect(findDataDirOwner(data)).toBeUndefined();
  expect(findDataDirOwner(tempFolder.folder)).toBeUndefined();
});

test.each([99, 12])(
  'a store of format %d, which this program does not read, is refused; what cannot be read is left to the store',
  (version) => {
    using tempFolder = makeStoreFolder();
    const dataDir = dirname(tempFolder.path);
    expect(() => refuseForeignFormats(dataDir)).not.toThrow();
    mkdirSync(dataDir);
    writeFileSync(tempFolder.path, 'This is no database. '.repeat(100));
    expect(() => refuseForeignFormats(dataDir)).not.toThrow();
    {
      using sqlite = new DatabaseSync(join(dataDir, 'transcripts.db'));
      sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA user_version = ${version}`);
    }
    const message = expect.stringMatching(
      new RegExp(
        `^The store ${dataDir}/transcripts.db has format ${version}, .*npm run restore`,
      ),
    );
    expect(() => refuseForeignFormats(dataDir)).toThrow(
      expect.objectContaining({ code: 'store.format', message }),
    );
  },
);
