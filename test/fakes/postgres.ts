import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, inject } from 'vitest';
import { Secret } from '#src/base/secret.ts';

/** A schema of its own in the database for tests, gone with the test. */
export type TestSchema = AsyncDisposable & {
  /** Address with this schema as its search path. */
  readonly url: Secret;
  readonly name: string;
  /** Runs SQL beside the program under test. */
  sql(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
};

/** Tests that need PostgreSQL; skipped as a whole where none answers, which the run says in one line. */
export function withPostgres(define: () => void) {
  describe.skipIf(inject('postgresUrl') === '')('PostgreSQL', define);
}

/** A new schema; of the database for tests, or of the one at `database`. */
export async function openSchema(
  database = inject('postgresUrl'),
): Promise<TestSchema> {
  const name = `parley_test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({
    connectionString: database,
    options: `-c search_path=${name} -c client_min_messages=warning`,
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`CREATE SCHEMA ${name}`);
  const url = new URL(database);
  url.searchParams.set('options', `-c search_path=${name} -c synchronous_commit=off`);
  return {
    url: new Secret(url.href),
    name,
    sql: async (text) => (await client.query(text)).rows,
    async [Symbol.asyncDispose]() {
      await client
        .query(`DROP SCHEMA IF EXISTS ${name} CASCADE`)
        .catch(() => undefined); // its server may be gone
      await client.end().catch(() => undefined);
    },
  };
}
