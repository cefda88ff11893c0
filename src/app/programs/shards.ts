import { parseArgs } from 'node:util';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { misconfigured, runProgram } from './run-program.ts';

// npm run shards -- resize 8: changes the number of shards that the processes of one bot share, while none of them runs.

const usage = 'npm run shards -- resize NUMBER [--force], with a number from 1 to 16384';
const mostShards = 16_384;

type Resize = { readonly count: number; readonly isForced: boolean };

await runProgram(readArguments() ?? usage, run);

async function run({ count, isForced }: Resize, { databaseUrl: url }: Config): Promise<number> {
  if (!url) {
    console.error('DATABASE_URL: missing; without a database SHARDS alone sets their number');
    return misconfigured;
  }
  const [{ PostgresPool }, { migratePostgres }, { resizeShards }, { shardSchema }] =
    await Promise.all([
      import('#src/storage/postgres/pool.ts'),
      import('#src/storage/postgres/migrate.ts'),
      import('#src/storage/postgres/shards/postgres-shard-registry.ts'),
      import('#src/storage/postgres/shards/schema.ts'),
    ]);
  await using pool = new PostgresPool({ url, clock: realClock, mostConnections: 1 });
  await migratePostgres(pool, [shardSchema]);
  await resizeShards(pool, count, isForced);
  console.log(`this bot has ${count} shards now: set SHARDS=${count} or SHARDS=auto, and start it`);
  return 0;
}

function readArguments(): Resize | undefined {
  try {
    const { positionals, values } = parseArgs({
      options: { force: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [verb, number = '', ...more] = positionals;
    const isCount = /^[1-9]\d{0,4}$/.test(number) && Number(number) <= mostShards;
    if (verb !== 'resize' || !isCount || more.length > 0) return undefined;
    return { count: Number(number), isForced: values.force };
  } catch {
    return undefined;
  }
}
