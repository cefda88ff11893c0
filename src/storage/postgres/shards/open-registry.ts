import type { ShardRegistry } from '#src/shards/shard-registry.ts';
import { migratePostgres } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { PostgresShardRegistry, type ShardRegistryOptions } from './postgres-shard-registry.ts';
import { shardSchema } from './schema.ts';

/** Sessions and claims of interactions are short, and must not wait for what the store writes. */
const mostConnections = 2;

/** Connects to the database of the shards, and makes its tables where they are not there. Errors: BotError `store.*`. */
export async function openShardRegistry(
  options: Omit<ShardRegistryOptions, 'pool'>,
): Promise<ShardRegistry & AsyncDisposable> {
  const { url, clock } = options;
  await using stack = new AsyncDisposableStack();
  const pool = stack.use(new PostgresPool({ url, clock, mostConnections }));
  await migratePostgres(pool, [shardSchema]);
  const registry = new PostgresShardRegistry({ ...options, pool });
  const closing = stack.move();
  return {
    journal: registry.journal,
    connect: () => registry.connect(),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
