import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { integer } from '#src/sql/columns.ts';
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
  refuses();
  comesBack();
  endsInTime();
});

function refuses(): void {
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
}

function endsInTime(): void {
  test('a process ends in its time although the network swallows everything, and each write that is lost is told', async () => {
    await using place = await behindProxy();
    const { proxy, pool, url } = place;
    const [until, report] = [new AbortController().signal, () => undefined];
    const parts = [transcriptsPart];
    const opened = await openPostgresStore({ url, clock: realClock, parts, report }, until);
    const store = { ...opened };
    const transcripts = openPostgresTranscripts(store.pool, realClock);
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
