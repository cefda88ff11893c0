import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { findDataDirOwner, lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { refuseForeignFormats } from '#src/storage/data-dir/store-files.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeStoreFolder } from './store-folder.ts';

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
