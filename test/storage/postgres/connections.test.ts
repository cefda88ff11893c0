import sql from 'sql-template-tag';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { integer } from '#src/sql/columns.ts';
import { Database } from '#src/storage/database.ts';
import { openPostgresStore } from '#src/storage/postgres/keep-stores.ts';
import { migratePostgres, type SchemaPart } from '#src/storage/postgres/migrate.ts';
import { openForProgram, PostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { sqlStores } from '#src/storage/stores/store-parts.ts';
import { lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import { transcriptStore } from '#test/fakes/local-stores.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';

const part: SchemaPart = {
  name: 'store',
  postgres: [{ version: 1, sql: 'CREATE TABLE things (id text PRIMARY KEY, n bigint)' }],
};

function refusalOf(address: string): Promise<unknown> {
  const driver = new PostgresDriver({ url: new Secret(address) });
  const database = new Database({ driver, clock: realClock });
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
  refuses();
  endsInTime();
});

function refuses(): void {
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

function endsInTime(): void {
  test('a process ends in its time although the network swallows everything, and each write that is lost is told', async () => {
    await using schema = await openSchema();
    await using proxy = await TcpProxy.before(schema.url.reveal());
    const url = new Secret(proxy.through(schema.url.reveal()));
    const [signal, report, over] = [
      new AbortController().signal,
      () => undefined,
      new AbortController(),
    ];
    const options = { url, clock: realClock, report, until: over.signal };
    const opened = await openPostgresStore(options, signal);
    const store = sqlStores(opened.main);
    const transcripts = transcriptStore(opened.transcripts);
    await transcripts.writer.putSession(sessionOf('a'));
    await store.consents.write('10', '1', { kind: 'never' });
    proxy.swallow();
    const writes = [
      store.consents.write('10', '1', { kind: 'always' }),
      transcripts.writer.putLines([lineOf('a', 1, 'lost')]),
    ].map((write) => write.catch((error) => error));
    const fromMs = realClock.nowMs();
    realClock.later(500, () => over.abort(new Error('the process ends')));
    await Promise.all([transcripts, store].map((one) => one[Symbol.asyncDispose]()));
    expect(realClock.nowMs() - fromMs).toBeLessThan(5_000);
    const closed = { code: 'store.unwritable', message: expect.stringContaining('is closed') };
    expect(await Promise.all(writes)).toMatchObject([closed, closed]);
  });
}
