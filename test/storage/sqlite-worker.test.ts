import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { mainStore } from '#src/storage/stores/store-parts.ts';
import { SqliteWorker } from '#src/storage/thread/sqlite-worker.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { storeFolder } from './files.ts';

const entry = new URL('./scripted-worker.ts', import.meta.url);
const always = { kind: 'always' } as const;
const unwritable = (message: string) => ({
  name: 'BotError',
  code: 'store.unwritable',
  retryable: true,
  message: expect.stringContaining(message),
});

test('the store is written while the thread that sends voice does something else', async () => {
  using place = storeFolder();
  await using store = await new SqliteWorker({ clock: realClock }).open(mainStore, place.path);
  using reader = new DatabaseSync(place.path);
  const rows = () => reader.prepare('SELECT count(*) AS n FROM consents').get()?.n;
  const writing = store.consents.write('10', '1', always);
  const untilMs = realClock.nowMs() + 20_000;
  while (rows() === 0 && realClock.nowMs() < untilMs); // this thread stands still
  expect(rows()).toBe(1);
  await writing;
});

test('a request that the store does not answer fails by its deadline, and others go on', async () => {
  const clock = new VirtualClock();
  await using store = await new SqliteWorker({ clock, entry }).open(mainStore, 'scripted');
  const writing = expect(store.panels.write('silent', place)).rejects.toMatchObject(
    unwritable('did not answer in 60 s: check its disk'),
  );
  await clock.advance(60_000);
  await writing;
  await store.panels.write('10', place);
});

test('what waits for the store is bounded', async () => {
  const clock = new VirtualClock();
  await using store = await new SqliteWorker({ clock, entry }).open(mainStore, 'scripted');
  const waiting = Array.from({ length: 1_000 }, () =>
    store.panels.write('silent', place).catch(() => undefined),
  );
  await expect(store.panels.write('10', place)).rejects.toMatchObject(
    unwritable('Too many operations wait for the store'),
  );
  await clock.advance(60_000);
  await Promise.all(waiting);
});

test('a thread that breaks fails what waits for it, and the next operation starts it again', async () => {
  const clock = new VirtualClock();
  await using store = await new SqliteWorker({ clock, entry }).open(mainStore, 'scripted');
  const waiting = expect(store.panels.write('silent', place)).rejects.toMatchObject({
    ...unwritable('The thread of the store ended'),
    cause: { message: 'out of order' },
  });
  await expect(store.panels.read('broken')).rejects.toMatchObject({ code: 'store.unreadable' });
  await waiting;
  await store.panels.write('10', place);
});

test('a store that does not open in time is given up', async () => {
  const clock = new VirtualClock();
  const opening = new SqliteWorker({ clock, entry }).open(mainStore, 'silent');
  const refused = expect(opening).rejects.toThrow('did not answer in 60 s');
  await clock.advance(60_000);
  await clock.advance(3_000);
  await refused;
});

const place = { channelId: '100', messageId: '1000' };
