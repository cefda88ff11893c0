import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the PostgreSQL database for tests; empty: none answers. */
    postgresUrl: string;
  }
}

const standardUrl = 'postgres://postgres@127.0.0.1:5432/test';
const { DATABASE_URL: url = standardUrl, PARLEY_NO_SKIP: noSkip } = process.env;

/** Looks once for the database; where none answers, its tests are skipped, and one line says so. */
export async function setup({ provide }: Pick<TestProject, 'provide'>) {
  const why = await findRefusal();
  provide('postgresUrl', why === undefined ? url : '');
  if (why === undefined) return;
  const placeName = new URL(url).host;
  const line = `NO POSTGRESQL AT ${placeName} (${why}): ITS TESTS ARE SKIPPED. To run them: docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust -e POSTGRES_DB=test postgres:17, or set DATABASE_URL.`;
  if (noSkip) throw new Error(line);
  console.error(`\n${line}\n`);
}

async function findRefusal() {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 3_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error && error.message ? error.message : 'no answer';
  } finally {
    await client.end().catch(() => undefined);
  }
}
