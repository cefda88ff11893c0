import sql from 'sql-template-tag';
import { realClock } from '#src/base/clock.ts';
import { Secret } from '#src/base/secret.ts';
import { integer } from '#src/sql/columns.ts';
import { openDatabase } from '#src/storage/database.ts';
import {
  migratePostgres,
  type SchemaPart,
} from '#src/storage/postgres/migrate-schema.ts';
import {
  createPostgresDriver,
  openForProgram,
} from '#src/storage/postgres/postgres-driver.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

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
