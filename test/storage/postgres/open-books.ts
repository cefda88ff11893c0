import { type Clock, realClock } from '#src/base/clock.ts';
import { booksPart } from '#src/storage/postgres/books/schema.ts';
import { openBooks, type PostgresBooks } from '#src/storage/postgres/keep-books.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import type { TestSchema } from '#test/fakes/postgres.ts';

/** The store of one process in a schema. */
export async function openIn(
  { url }: Pick<TestSchema, 'url'>,
  clock: Clock = realClock,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresBooks> {
  const pool = new PostgresPool({ url, settings, clock: realClock, mostConnections: 2 });
  await migratePostgres(pool, [booksPart]);
  return openBooks(pool, clock);
}
