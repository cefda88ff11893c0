import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { storePath } from '#src/storage/store-kinds.ts';
import { openLocalStore } from '#test/fakes/local-stores.ts';
import { runExamination } from './run-examination.ts';

const never = new AbortController().signal;

/** A `DATA_DIR` of its own, and the doctor who looks at it. */
function dataDir() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-doctor-'));
  return {
    folder,
    examine: () => runExamination(['--offline'], { DATA_DIR: folder }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test('in a folder where no bot ever ran, the doctor says so and creates nothing', async () => {
  using tempFolder = dataDir();
  const { code, about } = await tempFolder.examine();
  expect([code, about('lock')]).toEqual([0, 'ok lock free: no bot uses this folder']);
  expect(readdirSync(tempFolder.folder)).toEqual([]);
});

test('the doctor names the process that works on DATA_DIR, and its stores', async () => {
  using tempFolder = dataDir();
  using _lock = await lockDataDir(tempFolder.folder, { clock: realClock }, never);
  await using _store = await openLocalStore(storePath(tempFolder.folder), {
    clock: realClock,
  });
  const { code, about } = await tempFolder.examine();
  expect(code).toBe(0);
  expect(about('lock')).toMatch(
    new RegExp(`^ok lock process ${process.pid} on \\S+ uses this folder$`),
  );
  expect(about('parley.db')).toBe('ok parley.db can be read');
});
