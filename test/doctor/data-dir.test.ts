import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { examine } from './examine.ts';

const never = new AbortController().signal;

/** A `DATA_DIR` of its own, and the doctor who looks at it. */
function dataDir() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  return {
    folder,
    examine: () => examine(['--offline'], { DATA_DIR: folder }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Changes the store as another program would. */
function change(folder: string, sql: string): void {
  using sqlite = new DatabaseSync(storePath(folder));
  sqlite.exec(sql);
}

test('where no bot ever ran, the doctor says so and makes nothing', async () => {
  using place = dataDir();
  const { code, about } = await place.examine();
  expect(code).toBe(0);
  expect(about('lock')).toBe('ok lock free: no bot uses this folder');
  expect(about('store')).toMatch(/^ok store there is none yet/);
  expect(readdirSync(place.folder)).toEqual([]);
});

test('the doctor names the process that works on DATA_DIR, and the format of its store', async () => {
  using place = dataDir();
  using _lock = await lockDataDir(place.folder, { clock: realClock }, never);
  await using _store = await openLocalStore(storePath(place.folder), { clock: realClock });
  const { code, about } = await place.examine();
  expect(code).toBe(0);
  expect(about('lock')).toMatch(
    new RegExp(
      `^ok lock process ${process.pid} on \\S+ has used this folder for \\d+ s, Parley ${RegExp.escape(packageJson.version)}$`,
    ),
  );
  expect(about('parley.db')).toMatch(/^ok parley.db format \d+$/);
});

test('the doctor reads stores of other versions, and leaves them and their folder as they are', async () => {
  using place = dataDir();
  await (await openLocalStore(storePath(place.folder), { clock: realClock }))[
    Symbol.asyncDispose
  ]();
  change(place.folder, 'PRAGMA journal_mode = DELETE; PRAGMA user_version = 0');
  const before = await place.examine();
  expect([before.code, before.about('parley.db')]).toEqual([
    0,
    expect.stringMatching(/^ok parley.db format 0; the next start changes it to \d+$/),
  ]);
  change(place.folder, 'PRAGMA user_version = 8');
  const bytes = readFileSync(storePath(place.folder));
  const old = await place.examine();
  expect([old.code, old.about('parley.db')]).toEqual([
    1,
    expect.stringMatching(
      /^missing parley.db format 8, but this program reads formats \d+ to \d+$/,
    ),
  ]);
  expect(readFileSync(storePath(place.folder)).equals(bytes)).toBe(true);
  expect(readdirSync(place.folder)).toEqual(['parley.db']);
  change(place.folder, 'PRAGMA user_version = 99');
  const after = await place.examine();
  expect([after.code, after.about('parley.db')]).toEqual([
    1,
    expect.stringMatching(
      /^missing parley.db format 99, but this program reads formats \d+ to \d+$/,
    ),
  ]);
});
