import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { OrderedDatabase } from '#src/storage/postgres/ordered-database.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import type { StoreEvent } from '#src/storage/thread/steady-store.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';
import { openIn } from './open-stores.ts';

const always = { kind: 'always' } as const;
const never = { kind: 'never' } as const;
const until = new AbortController().signal;

/** A schema, reached straight or through a proxy that breaks. */
async function openPlace() {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await openSchema());
  const proxy = stack.use(await TcpProxy.before(schema.url.reveal()));
  const url = new Secret(proxy.through(schema.url.reveal()));
  const resources = stack.move();
  return { schema, proxy, url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

withPostgres(() => {
  waits();
  isSilent();
  comesLate();
  reports();
  isLocked();
});

function waits(): void {
  test('what is to be kept while the database is away is written afterwards, once and in order', async () => {
    await using place = await openPlace();
    const { proxy } = place;
    const clock = new VirtualClock();
    await using store = await openIn(place, clock);
    proxy.cut();
    const entry = { guildId: '10', day: '2026-11-19', nanoUsd: 5, turns: 1 };
    const writing = Promise.all([
      store.consents.write('10', '1', always),
      store.consents.write('10', '1', never),
      store.spending.add([entry], entry.day),
      store.spending.add([entry], entry.day),
      store.panels.write('10', { channelId: '1', messageId: '2' }),
    ]);
    await expect.poll(() => clock.sleeping).toBe(3); // a lane each: consents, what is spent, panels
    proxy.heal();
    const advancing = setInterval(() => void clock.advance(1_000), 5);
    await writing;
    clearInterval(advancing);
    expect(await store.consents.read('10')).toEqual(new Map([['1', never]]));
    expect(await store.spending.read('2026-11-19')).toMatchObject([{ nanoUsd: 10, turns: 2 }]);
  });
}

function isSilent(): void {
  test.each([
    ['its commit is', 'swallow', 0],
    ['the answer to its commit is', 'swallowAnswers', 1],
  ] as const)(
    'a write that got no answer in 10 s, as %s swallowed, is there once afterwards',
    async (_, fault, stored) => {
      await using place = await openPlace();
      const { proxy, schema, url } = place;
      const clock = new VirtualClock();
      const pool = new PostgresPool({ url, clock, mostConnections: 1 });
      await migratePostgres(pool, [storesPart]);
      await schema.sql('CREATE TABLE counted (n integer); INSERT INTO counted VALUES (0)');
      await using database = new OrderedDatabase(pool, clock);
      let attempts = 0;
      const counting = database.writeOnce(['10'], async (connection, isFirst) => {
        if (isFirst) await connection.run(sql`UPDATE counted SET n = n + 1`);
        if (attempts++ === 0) proxy[fault]();
      });
      const state = async () => [attempts, (await schema.sql('SELECT n FROM counted'))[0]?.n];
      await expect.poll(state).toEqual([1, stored]);
      await clock.advance(10_000);
      proxy.heal();
      await clock.advance(1_000);
      await counting;
      expect(await state()).toEqual([2, 1]);
    },
  );
}

function comesLate(): void {
  test('a word that comes late from a process that was cut off replaces nothing newer', async () => {
    await using place = await openPlace();
    const clock = new VirtualClock();
    await using cutOff = await openIn(place, clock);
    await using successor = await openIn(place.schema);
    place.proxy.cut();
    const seat = { guildId: '10', channelId: '1', channelName: '', pipeline: 'chained' } as const;
    const rest = { isPaused: false, sinceWallMs: 1, agreedIds: ['1'] };
    const late = Promise.all([
      cutOff.consents.write('10', '1', always),
      cutOff.seats.write({ ...seat, ...rest, mode: 'talk' }),
      cutOff.panels.write('10', { channelId: '1', messageId: '1' }),
    ]);
    await expect.poll(() => clock.sleeping).toBe(3);
    await successor.consents.write('10', '1', never);
    await successor.seats.write({ ...seat, ...rest, channelId: '2', agreedIds: [], mode: 'talk' });
    await successor.panels.write('10', { channelId: '2', messageId: '2' });
    place.proxy.heal();
    clock.suspend(60_000);
    const advancing = setInterval(() => void clock.advance(1_000), 5);
    await late;
    clearInterval(advancing);
    expect(await successor.consents.read('10')).toEqual(new Map([['1', never]]));
    const [found] = await successor.seats.read();
    expect(found).toMatchObject({ channelId: '2', agreedIds: [] });
    expect(await successor.panels.read('10')).toEqual({ channelId: '2', messageId: '2' });
  });
}

function reports(): void {
  test('a database that goes and comes back is told of once each, and what reads fails meanwhile', async () => {
    await using place = await openPlace();
    const events: StoreEvent[] = [];
    const report = (event: StoreEvent) => events.push(event);
    const opened = await openPostgresStore({ url: place.url, clock: realClock, report }, until);
    await using store = opened;
    place.proxy.cut();
    for (let n = 0; n < 3; n++)
      await expect(store.consents.read('10')).rejects.toMatchObject({ code: 'store.unreadable' });
    place.proxy.heal();
    await store.consents.read('10');
    expect(events.map(({ kind }) => kind)).toEqual(['opened', 'refused', 'opened']);
  });

  test('a start waits a minute for a database that cannot be reached, and tells why', async () => {
    const clock = new VirtualClock();
    const events: StoreEvent[] = [];
    const report = (event: StoreEvent) => events.push(event);
    const url = new Secret('postgres://127.0.0.1:1/parley');
    const opening = openPostgresStore({ url, clock, report }, until);
    const refused = expect(opening).rejects.toMatchObject({
      code: 'store.unreadable',
      message: expect.stringContaining('127.0.0.1:1/parley cannot be reached'),
    });
    let isOver = false;
    void refused.finally(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(1_000);
    await refused;
    expect(clock.nowMs()).toBeGreaterThanOrEqual(58_000);
    expect(events).toMatchObject([{ kind: 'refused' }]);
  });

  test('a start is refused at once where the address cannot work, or the schema is newer', async () => {
    await using place = await openPlace();
    const start = (url: Secret) =>
      openPostgresStore({ url, clock: realClock, report: () => undefined }, until);
    const nowhere = new URL(place.url.reveal());
    nowhere.pathname = '/no_such_database';
    await expect(start(new Secret(nowhere.href))).rejects.toMatchObject({
      code: 'store.misconfigured',
    });
    await place.schema.sql('CREATE TABLE parley_schema (part text PRIMARY KEY, version integer)');
    await place.schema.sql("INSERT INTO parley_schema VALUES ('store', 99)");
    await expect(start(place.url)).rejects.toMatchObject({ code: 'store.newer' });
  });
}

function isLocked(): void {
  test('a row that another program holds keeps no read of another table waiting, and its write fails in the end', async () => {
    await using schema = await openSchema();
    const clock = new VirtualClock();
    await using store = await openIn(schema, clock, { lock_timeout: '50' });
    await store.consents.write('10', '1', always);
    await store.settings.write('10', 'volume', '50');
    await schema.sql('BEGIN');
    await schema.sql('SELECT * FROM consents, server_settings FOR UPDATE');
    const consent = store.consents.write('10', '1', never).catch((error) => error);
    await expect.poll(() => clock.sleeping).toBe(1);
    expect(await store.settings.read('10')).toEqual(new Map([['volume', '50']]));
    expect(await store.seats.readIn('10')).toBeUndefined();
    // Past a write that failed once: what stood there before.
    const setting = store.settings.write('10', 'volume', '60').catch((error) => error);
    await expect.poll(() => clock.sleeping).toBe(2);
    expect(await store.settings.read('10')).toEqual(new Map([['volume', '50']]));
    // A no that is not written yet is not read over.
    const reading = store.consents.read('10').catch((error) => error);
    await expect.poll(() => clock.sleeping).toBe(3);
    const advancing = setInterval(() => void clock.advance(500), 60);
    expect(await reading).toMatchObject({ code: 'store.unreadable' });
    const held = {
      code: 'store.unwritable',
      message: expect.stringContaining('blocks the database'),
    };
    expect(await Promise.all([consent, setting])).toMatchObject([held, held]);
    clearInterval(advancing);
    await schema.sql('ROLLBACK');
    expect(await store.consents.read('10')).toEqual(new Map([['1', always]]));
  });
}
