import sql from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import { Secret } from '#src/base/secret.ts';
import { integer } from '#src/sql/columns.ts';
import { openDatabase } from '#src/storage/database.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import {
  migratePostgres,
  type SchemaPart,
} from '#src/storage/postgres/migrate-schema.ts';
import {
  createPostgresDriver,
  openForProgram,
} from '#src/storage/postgres/postgres-driver.ts';
import type { StoreEvent } from '#src/storage/store-health.ts';
import { createStores } from '#src/stores/store-parts.ts';
import { addEntries } from '#test/contracts/stores/spending-store-contract.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openPostgresStores } from './open-stores.ts';

const always = { kind: 'always' } as const;
const never = { kind: 'never' } as const;

/** A schema, reached straight or through a proxy that breaks. */
async function openPlace() {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await openSchema());
  const proxy = stack.use(await TcpProxy.openInFront(schema.url.reveal()));
  const url = new Secret(proxy.makeProxiedUrl(schema.url.reveal()));
  const resources = stack.move();
  return { schema, proxy, url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

withPostgres(() => {
  testWaits();
  isSilent();
  testReports();
  isLocked();
});

function testWaits() {
  test('what is to be kept while the database is away for a moment is written afterwards, once and in order', async () => {
    await using database = await openPlace();
    const clock = new VirtualClock();
    await using store = await openPostgresStores(database, clock);
    database.proxy.cutConnections();
    const entry = { guildId: toGuildId('10'), day: '2026-11-19', nanoUsd: 5, turns: 1 };
    const writing = Promise.all([
      store.consents.write(toGuildId('10'), toPersonId('1'), always),
      store.consents.write(toGuildId('10'), toPersonId('1'), never),
      addEntries(store.spending, [entry], entry.day),
      addEntries(store.spending, [entry], entry.day),
      store.panels.write(toGuildId('10'), {
        channelId: toChannelId('1'),
        messageId: toMessageId('2'),
      }),
    ]);
    await expect.poll(() => clock.sleeping).toBe(6); // five deadlines, and the first of the queue
    database.proxy.healConnections();
    await clock.advance(1_000);
    await writing;
    expect(await store.consents.read(toGuildId('10'))).toEqual(new Map([['1', never]]));
    expect(await store.spending.read('2026-11-19')).toMatchObject([
      { nanoUsd: 10, turns: 2 },
    ]);
  });

  test('a write that its database did not take in 5 s fails, and never comes late', async () => {
    await using database = await openPlace();
    const clock = new VirtualClock();
    await using store = await openPostgresStores(database, clock);
    await using successor = await openPostgresStores(database.schema);
    database.proxy.cutConnections();
    const late = store.consents
      .write(toGuildId('10'), toPersonId('1'), always)
      .catch((error) => error);
    const advancing = setInterval(() => void clock.advance(500), 20);
    expect(await late).toMatchObject({ code: 'store.unwritable', retryable: true });
    clearInterval(advancing);
    await successor.consents.write(toGuildId('10'), toPersonId('1'), never);
    database.proxy.healConnections();
    expect(await store.consents.read(toGuildId('10'))).toEqual(new Map([['1', never]]));
  });
}

function isSilent() {
  test.each([
    ['its commit is', 'swallowData', 0],
    ['the answer to its commit is', 'swallowAnswers', 1],
  ] as const)(
    'a write that got no answer in 10 s, as %s swallowed, fails, and the next one is done',
    async (_, fault, stored) => {
      await using place = await openPlace();
      const { proxy, schema, url } = place;
      const clock = new VirtualClock();
      await schema.sql(
        'CREATE TABLE counted (n integer); INSERT INTO counted VALUES (0)',
      );
      await using database = openDatabase({
        driver: createPostgresDriver({ url }),
        clock,
      });
      const counting = sql`UPDATE counted SET n = n + 1`;
      const isReached = Promise.withResolvers<void>();
      const writing = database.write(async (connection) => {
        await connection.run(counting);
        proxy[fault]();
        isReached.resolve();
      });
      const failing = expect(writing).rejects.toMatchObject({
        code: 'store.unwritable',
        message: expect.stringContaining('did not answer in 10 s'),
      });
      await isReached.promise;
      const readCount = async () => (await schema.sql('SELECT n FROM counted'))[0]?.n;
      await expect.poll(readCount).toBe(stored);
      await clock.advance(10_000);
      await failing;
      proxy.healConnections();
      await database.write((connection) => connection.run(counting));
      expect(await readCount()).toBe(stored + 1);
    },
  );
}

function testReports() {
  test('a database that goes and comes back is reported once each, and reads fail meanwhile', async () => {
    await using database = await openPlace();
    const events: StoreEvent[] = [];
    const reportEvent = (event: StoreEvent) => events.push(event);
    const opened = await openPostgresStore({
      url: database.url,
      clock: realClock,
      report: reportEvent,
    });
    await using store = createStores(opened.main);
    await store.consents.read(toGuildId('10'));
    database.proxy.cutConnections();
    for (let n = 0; n < 3; n++)
      await expect(store.consents.read(toGuildId('10'))).rejects.toMatchObject({
        code: 'store.unreadable',
      });
    database.proxy.healConnections();
    await store.consents.read(toGuildId('10'));
    expect(events.map(({ kind }) => kind)).toEqual(['opened', 'refused', 'opened']);
  });

  test('a start is refused at once where the address cannot work, or the schema is newer', async () => {
    await using database = await openPlace();
    const startStore = (url: Secret) =>
      openPostgresStore({ url, clock: realClock, report: () => undefined });
    const nowhere = new URL(database.url.reveal());
    nowhere.pathname = '/no_such_database';
    await expect(startStore(new Secret(nowhere.href))).rejects.toMatchObject({
      code: 'store.misconfigured',
    });
    await database.schema.sql(
      'CREATE TABLE parley_schema (part text PRIMARY KEY, version integer)',
    );
    await database.schema.sql("INSERT INTO parley_schema VALUES ('store', 99)");
    await expect(startStore(database.url)).rejects.toMatchObject({
      code: 'store.format',
    });
  });
}

function isLocked() {
  test('a row that another program holds keeps those behind it waiting, and its write fails in the end', async () => {
    await using schema = await openSchema();
    const clock = new VirtualClock();
    await using store = await openPostgresStores(schema, clock, '-c lock_timeout=50');
    await store.consents.write(toGuildId('10'), toPersonId('1'), always);
    await schema.sql('BEGIN');
    await schema.sql('SELECT * FROM consents FOR UPDATE');
    const consent = store.consents
      .write(toGuildId('10'), toPersonId('1'), never)
      .catch((error) => error);
    // A no that is not written yet is not read over.
    const reading = store.consents.read(toGuildId('10'));
    const advancing = setInterval(() => void clock.advance(500), 60);
    expect(await consent).toMatchObject({
      code: 'store.unwritable',
      message: expect.stringContaining('blocks the database'),
    });
    clearInterval(advancing);
    expect(await reading).toEqual(new Map([['1', always]]));
    await schema.sql('ROLLBACK');
  });

  test('a store that is closed tries for three seconds more, and then what waits fails in words', async () => {
    await using database = await openPlace();
    const clock = new VirtualClock();
    const store = await openPostgresStores(database, clock);
    database.proxy.cutConnections();
    const lost = expect(
      store.consents.write(toGuildId('10'), toPersonId('1'), never),
    ).rejects.toThrow('is closed');
    await expect.poll(() => clock.sleeping).toBe(2);
    const closing = store[Symbol.asyncDispose]();
    await expect.poll(() => clock.sleeping).toBe(3);
    await clock.advance(3_000);
    await lost;
    database.proxy.healConnections();
    await closing;
  });
}

const part: SchemaPart = {
  name: 'store',
  postgres: [
    { version: 1, sql: 'CREATE TABLE things (id text PRIMARY KEY, n bigint)' },
  ],
};

function refusalOf(address: string) {
  const driver = createPostgresDriver({ url: new Secret(address) });
  const database = openDatabase({ driver, clock: realClock });
  return database
    .read((connection) => connection.rows({ n: integer }, sql`SELECT 1 AS n`))
    .catch((error) => error)
    .finally(() => database[Symbol.asyncDispose]());
}

test('a database that is not there is told with its place, and never with the password', async () => {
  const refusal = await refusalOf('postgres://ana:hush-hush@127.0.0.1:1/parley');
  expect(refusal).toMatchObject({ code: 'store.unreadable', retryable: true });
  expect(`${refusal}`).toContain('The database 127.0.0.1:1/parley cannot be reached');
  expect(JSON.stringify(refusal) + refusal).not.toContain('hush');
});

withPostgres(() => {
  testRefusals();
});

function testRefusals() {
  test('a database whose search path names no schema is refused in words', async () => {
    await using schema = await openSchema();
    const url = new URL(schema.url.reveal());
    url.searchParams.set('options', '-c search_path=nowhere');
    await using database = openForProgram({ url: new Secret(url.href) }, 5_000);
    await expect(migratePostgres(database, [part])).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('(no schema has been selected to create in)'),
    });
  });
}
