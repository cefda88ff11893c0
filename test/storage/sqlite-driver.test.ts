import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openDatabase } from '#src/storage/database.ts';
import { SqliteDriver, SqliteWorker } from '#src/storage/sqlite/sqlite-driver.ts';
import { mainStore } from '#src/storage/store-kinds.ts';
import { makeStoreFolder } from './store-folder.ts';

test('the store is written while the thread that sends voice does something else', async () => {
  using tempFolder = makeStoreFolder();
  await using worker = new SqliteWorker();
  const call = worker.openFile(tempFolder.path);
  await call('open', mainStore.sqlite);
  using reader = new DatabaseSync(tempFolder.path);
  const countRows = () =>
    reader.prepare('SELECT count(*) AS n FROM bot_guilds').get()?.n;
  const writing = call('perform', 'INSERT INTO bot_guilds VALUES (?, ?)', ['1', '10']);
  const untilMs = realClock.nowMs() + 20_000;
  while (countRows() === 0 && realClock.nowMs() < untilMs); // this thread stands still
  expect(countRows()).toBe(1);
  expect(await writing).toMatchObject({ changes: 1 });
});

test('a thread that breaks fails what waits for it, and the next operation starts it again', async () => {
  await using worker = new SqliteWorker(
    new URL('./scripted-worker.ts', import.meta.url),
  );
  const call = worker.openFile('scripted');
  const driver = new SqliteDriver('scripted', mainStore.sqlite, call);
  await using database = openDatabase({ driver, clock: realClock, patienceMs: 0 });
  await database.open();
  const breaking = expect(call('close')).rejects.toMatchObject({
    code: 'store.unreadable',
  });
  await expect(database.write(async () => undefined)).rejects.toMatchObject({
    name: 'BotError',
    code: 'store.unwritable',
    retryable: true,
    message: expect.stringContaining('The thread of the store ended'),
    cause: { message: 'out of order' },
  });
  await breaking;
  await database.write(async () => undefined);
});
