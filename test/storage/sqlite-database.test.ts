import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openDatabase } from '#src/storage/database.ts';
import { SqliteDriver, SqliteWorker } from '#src/storage/sqlite/sqlite-driver.ts';
import { createLocalFile } from '#src/storage/sqlite/sqlite-file.ts';
import { type StoreEvent, StoreHealth } from '#src/storage/store-health.ts';
import { mainStore } from '#src/storage/store-kinds.ts';
import { createStores } from '#src/stores/store-parts.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { damage, holdByAnother, makeStoreFolder } from './store-folder.ts';

const always = { kind: 'always' } as const;
const messagePlace = { channelId: toChannelId('100'), messageId: toMessageId('1000') };

/** A store in a file of this content, with what it tells, a count of its openings, and a disk that may hang. */
async function openStore(content?: string) {
  const folder = makeStoreFolder();
  const { path } = folder;
  mkdirSync(dirname(path));
  if (content !== undefined) writeFileSync(path, content);
  const clock = new VirtualClock();
  const events: StoreEvent[] = [];
  const here = createLocalFile(path);
  const disk = { openings: 0, works: Promise.resolve() };
  const callDisk: typeof here = async (name, ...args) => {
    await disk.works;
    if (name === 'open') disk.openings++;
    return await here(name, ...args);
  };
  const health = new StoreHealth('store-unwritten', clock, (event) =>
    events.push(event),
  );
  const driver = new SqliteDriver(path, mainStore.sqlite, callDisk);
  const database = openDatabase({ driver, clock, patienceMs: 0, health });
  await database.open();
  const store = createStores(database);
  return {
    path,
    clock,
    store,
    events,
    disk,
    listAlerts: () => events.filter((event) => event.kind === 'alert'),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

test('a store that cannot be opened does not keep the bot from starting, and the operator is told once why', async () => {
  await using fixture = await openStore(damage);
  const refused = { kind: 'refused', error: { code: 'store.unreadable' } };
  expect(fixture.events).toMatchObject([refused]);
  for (let minute = 0; minute < 3; minute++) {
    await expect(fixture.store.consents.read(toGuildId('10'))).rejects.toThrow(
      'is damaged',
    );
    await fixture.clock.advance(60_000);
  }
  expect(fixture.events).toHaveLength(1);
});

test('a store that could not be opened is opened by the next operation', async () => {
  await using fixture = await openStore(damage);
  const { disk, store } = fixture;
  await expect(store.consents.read(toGuildId('10'))).rejects.toThrow('is damaged');
  expect(disk.openings).toBe(2);
  rmSync(fixture.path);
  await store.consents.write(toGuildId('10'), toPersonId('1'), always);
  expect(await store.consents.read(toGuildId('10'))).toEqual(new Map([['1', always]]));
});

test('what a disk that hangs does not answer fails by its deadline, nothing of it is written later, and the rest is in order', async () => {
  await using fixture = await openStore();
  const { clock, disk, store } = fixture;
  const answer = Promise.withResolvers<void>();
  disk.works = answer.promise;
  const late = { code: 'store.unwritable', retryable: true };
  const writePanel = () => store.panels.write(toGuildId('10'), messagePlace);
  const failing = Array.from({ length: 3 }, () =>
    expect(writePanel()).rejects.toMatchObject(late),
  );
  await clock.advance(5_000);
  const others = [
    store.consents.write(toGuildId('10'), toPersonId('1'), always),
    store.consents.write(toGuildId('10'), toPersonId('1'), { kind: 'never' }),
  ];
  await clock.advance(5_000);
  await Promise.all(failing);
  answer.resolve();
  await Promise.all(others);
  expect(await store.panels.read(toGuildId('10'))).toBeUndefined();
  expect(await store.consents.read(toGuildId('10'))).toEqual(
    new Map([['1', { kind: 'never' }]]),
  );
});

test('the number of operations that wait for the store is limited', async () => {
  await using fixture = await openStore();
  const { disk, store } = fixture;
  const answer = Promise.withResolvers<void>();
  disk.works = answer.promise;
  const waiting = Array.from({ length: 10_000 }, () =>
    store.panels.read(toGuildId('10')),
  );
  await expect(store.panels.write(toGuildId('10'), messagePlace)).rejects.toMatchObject(
    {
      code: 'store.unwritable',
      message: expect.stringContaining('Too many operations wait for the store'),
    },
  );
  answer.resolve();
  await Promise.all(waiting);
  await store.panels.write(toGuildId('10'), messagePlace);
});

test('the operator is told when nothing could be written for 30 seconds, and when it can be again', async () => {
  await using fixture = await openStore();
  const otherSync = holdByAnother(fixture.path);
  await expect(
    fixture.store.consents.write(toGuildId('10'), toPersonId('1'), always),
  ).rejects.toThrow('Another program uses the store');
  const writeConsent = () =>
    fixture.store.consents.write(toGuildId('10'), toPersonId('1'), always);
  await fixture.clock.advance(29_000);
  await expect(writeConsent()).rejects.toThrow();
  expect(fixture.listAlerts()).toEqual([]);
  await fixture.clock.advance(11_000);
  await expect(writeConsent()).rejects.toThrow();
  const name = 'store-unwritten';
  const cause = expect.stringMatching(
    /^nothing was written for \d+ s: Another program uses the store/,
  );
  expect(fixture.listAlerts()).toEqual([
    { kind: 'alert', name, state: 'raised', cause },
  ]);
  otherSync[Symbol.dispose]();
  await writeConsent();
  expect(fixture.listAlerts().slice(1)).toMatchObject([{ name, state: 'cleared' }]);
  expect(fixture.events).toContainEqual({ kind: 'written', tookMs: 0 });
});

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

test('a thread that is ended in mid-work fails what it was at, keeps what was written, and the next operation starts another', async () => {
  using folder = makeStoreFolder();
  mkdirSync(dirname(folder.path));
  const threads: Worker[] = [];
  const noteThread = (thread: Worker) => threads.push(thread);
  process.on('worker', noteThread);
  await using worker = new SqliteWorker();
  const driver = new SqliteDriver(
    folder.path,
    mainStore.sqlite,
    worker.openFile(folder.path),
  );
  const database = openDatabase({ driver, clock: realClock, patienceMs: 0 });
  await database.open();
  process.off('worker', noteThread);
  await using store = createStores(database);
  const write = (person: string) =>
    store.consents.write(toGuildId('10'), toPersonId(person), always);
  await write('1');
  const otherProgram = holdByAnother(folder.path);
  const failing = expect(write('2')).rejects.toMatchObject({
    code: 'store.unwritable',
    retryable: true,
    message: expect.stringContaining('The thread of the store ended'),
  });
  await threads[0]?.terminate();
  await failing;
  otherProgram[Symbol.dispose]();
  await write('3');
  expect([...(await store.consents.read(toGuildId('10'))).keys()]).toEqual(['1', '3']);
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
