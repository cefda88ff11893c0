import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { integer, text } from '#src/sql/columns.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import { migratePostgres, type SchemaPart } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { openPostgresTranscripts } from '#src/storage/postgres/transcripts/postgres-transcripts.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import { lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';

const part: SchemaPart = {
  name: 'test',
  migrations: [
    { version: 1, sql: 'CREATE TABLE things (id text PRIMARY KEY, n bigint)' },
    { version: 2, sql: 'ALTER TABLE things ADD COLUMN said text' },
  ],
};
const number = { n: integer };
const one = sql`SELECT 1 AS n`;

/** A schema behind a proxy, with a pool. */
async function behindProxy() {
  await using stack = new AsyncDisposableStack();
  const schema = stack.use(await openSchema());
  const proxy = stack.use(await TcpProxy.before(schema.url.reveal()));
  const url = new Secret(proxy.through(schema.url.reveal()));
  const pool = stack.use(new PostgresPool({ url, clock: realClock }));
  const resources = stack.move();
  return { schema, proxy, pool, url, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function refusalOf(url: string): Promise<unknown> {
  const pool = new PostgresPool({ url: new Secret(url), clock: realClock });
  return pool
    .read((connection) => connection.rows(number, one))
    .catch((error) => error)
    .finally(() => pool[Symbol.asyncDispose]());
}

test('a database that is not there is told with its place, and never with the password', async () => {
  const refusal = await refusalOf('postgres://ana:hush-hush@127.0.0.1:1/parley');
  expect(refusal).toMatchObject({ code: 'store.unreadable', retryable: true });
  expect(`${refusal}`).toContain('The database 127.0.0.1:1/parley cannot be reached');
  expect(JSON.stringify(refusal) + refusal).not.toContain('hush');
});

withPostgres(() => {
  works();
  keepsOneFree();
  refuses();
  comesBack();
  endsInTime();
});

function keepsOneFree(): void {
  test('searches take every connection but one, which is for what sessions wait for', async () => {
    await using schema = await openSchema();
    await using pool = new PostgresPool({
      url: schema.url,
      clock: realClock,
      mostConnections: 3,
    });
    await schema.sql('SELECT pg_advisory_lock(hashtext(current_schema()))');
    const searches = Array.from({ length: 4 }, () =>
      pool.search((connection) =>
        connection.run(sql`SELECT pg_advisory_lock_shared(hashtext(current_schema()))`),
      ),
    );
    const all = Promise.all(searches);
    expect(await pool.read((connection) => connection.rows(number, one))).toEqual([{ n: 1 }]);
    await schema.sql('SELECT pg_advisory_unlock(hashtext(current_schema()))');
    await all;
  });
}

function works(): void {
  test('text comes back as it was written, whatever characters it has', async () => {
    await using schema = await openSchema();
    await using pool = new PostgresPool({ url: schema.url, clock: realClock });
    const texts = ['a\0b', '\x1a', '\x1a0\0', 'ü 界 👋', ''];
    const rows = await pool.read((connection) =>
      connection.rows({ said: text }, sql`SELECT * FROM unnest(${texts}::text[]) AS said`),
    );
    expect(rows.map(({ said }) => said)).toEqual(texts);
    const [found] = await pool.read((connection) =>
      connection.rows({ n: text }, sql`SELECT ${'a\0b'} AS n`),
    );
    expect(found).toEqual({ n: 'a\0b' });
  });

  test('what was written in part is not there', async () => {
    await using schema = await openSchema();
    await using pool = new PostgresPool({ url: schema.url, clock: realClock });
    await migratePostgres(pool, [part]);
    const writing = pool.write(async (connection) => {
      await connection.run(sql`INSERT INTO things VALUES ('1', 1)`);
      await connection.run(sql`INSERT INTO things VALUES ('1', 2)`);
    });
    await expect(writing).rejects.toMatchObject({ code: 'store.unwritable' });
    expect(await schema.sql('SELECT * FROM things')).toEqual([]);
  });

  test('processes that start at once migrate once', async () => {
    await using schema = await openSchema();
    await using stack = new AsyncDisposableStack();
    const pools = Array.from({ length: 4 }, () =>
      stack.use(new PostgresPool({ url: schema.url, clock: realClock })),
    );
    await Promise.all(pools.map((pool) => migratePostgres(pool, [part])));
    expect(await schema.sql('SELECT * FROM parley_schema')).toEqual([{ part: 'test', version: 2 }]);
  });
}

function refuses(): void {
  test('a schema of a newer program is refused, and stays as it is', async () => {
    await using schema = await openSchema();
    await using pool = new PostgresPool({ url: schema.url, clock: realClock });
    await migratePostgres(pool, [part]);
    await schema.sql('UPDATE parley_schema SET version = 9');
    await expect(migratePostgres(pool, [part])).rejects.toMatchObject({
      code: 'store.newer',
      message: expect.stringContaining('newer Parley (format 9 of test, this one reads up to 2)'),
    });
  });

  test.each([
    ['default_transaction_read_only=on', 'is a replica or read-only'],
    ['search_path=nowhere', 'names no schema'],
  ])('a database with %s is refused: it %s', async (option, words) => {
    await using schema = await openSchema();
    const url = new URL(schema.url.reveal());
    url.searchParams.set('options', `-c search_path=${schema.name} -c ${option}`);
    await using pool = new PostgresPool({ url: new Secret(url.href), clock: realClock });
    await expect(migratePostgres(pool, [part])).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining(words),
    });
  });

  test('a user without rights is told what to grant', async () => {
    await using schema = await openSchema();
    await schema.sql(
      `CREATE ROLE ${schema.name} LOGIN; GRANT USAGE ON SCHEMA ${schema.name} TO ${schema.name}`,
    );
    const url = new URL(schema.url.reveal());
    url.username = schema.name;
    {
      await using pool = new PostgresPool({ url: new Secret(url.href), clock: realClock });
      await expect(migratePostgres(pool, [part])).rejects.toMatchObject({
        retryable: false,
        message: expect.stringContaining('GRANT it CREATE and USAGE'),
      });
    }
    await schema.sql(`DROP OWNED BY ${schema.name}; DROP ROLE ${schema.name}`);
  });

  test('a database of another name does not exist', async () => {
    await using schema = await openSchema();
    const url = new URL(schema.url.reveal());
    url.pathname = '/no_such_database';
    expect(`${await refusalOf(url.href)}`).toContain('There is no database');
  });
}

function endsInTime(): void {
  test('a process ends in its time although the network swallows everything, and each write that is lost is told', async () => {
    await using place = await behindProxy();
    const { proxy, pool, url } = place;
    const [until, report] = [new AbortController().signal, () => undefined];
    const parts = [transcriptsPart];
    const opened = await openPostgresStore({ url, clock: realClock, parts, report }, until);
    const store = { ...opened };
    const transcripts = openPostgresTranscripts(store.pool, realClock, report);
    await transcripts.writer.putSession(sessionOf('a'));
    await store.consents.write('10', '1', { kind: 'never' });
    proxy.swallow();
    const writes = [
      store.consents.write('10', '1', { kind: 'always' }),
      transcripts.writer.putLines([lineOf('a', 1, 'lost')]),
    ].map((write) => write.catch((error) => error));
    const fromMs = realClock.nowMs();
    store.pool.endWithin(500);
    await transcripts[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    expect(realClock.nowMs() - fromMs).toBeLessThan(3_000);
    const closed = { code: 'store.unwritable', message: expect.stringContaining('was closed') };
    expect(await Promise.all(writes)).toMatchObject([closed, closed]);
    await pool[Symbol.asyncDispose]();
  });
}

function comesBack(): void {
  test('a cut is over with the next operation', async () => {
    await using fixture = await behindProxy();
    const { pool, proxy } = fixture;
    const ask = () => pool.read((connection) => connection.rows(number, one));
    expect(await ask()).toEqual([{ n: 1 }]);
    proxy.cut();
    await expect(ask()).rejects.toMatchObject({ code: 'store.unreadable', retryable: true });
    proxy.heal();
    expect(await ask()).toEqual([{ n: 1 }]);
  });

  test('a network that swallows everything is given up at the deadline, and used again after it', async () => {
    await using fixture = await behindProxy();
    const { pool, proxy } = fixture;
    const ask = (timeoutMs?: number) =>
      pool.read((connection) => connection.rows(number, one), timeoutMs);
    await ask();
    proxy.swallow();
    await expect(ask(150)).rejects.toMatchObject({
      code: 'store.unreadable',
      retryable: true,
      message: expect.stringContaining('did not answer in 0.15 s'),
    });
    proxy.heal();
    expect(await ask()).toEqual([{ n: 1 }]);
  });
}
