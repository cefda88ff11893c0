import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { migratePostgres, readFormats } from '#src/storage/postgres/migrate.ts';
import { PostgresPool } from '#src/storage/postgres/pool.ts';
import { storesPart } from '#src/storage/postgres/stores/schema.ts';
import { transcriptsPart } from '#src/storage/postgres/transcripts/schema.ts';
import { unsharedLinesIn } from '#src/storage/postgres/transcripts/unshared-lines.ts';
import { rangeOf } from '#src/storage/schema.ts';
import { withoutPresences } from '#src/storage/transcripts/schema.ts';
import { runProgram } from './run-program.ts';

// npm run migrate: brings the tables of DATABASE_URL to the format of this version; former versions cannot read them afterwards.

await runProgram({}, (_, config) => run(config));

async function run({ databaseUrl: url }: Config): Promise<number> {
  if (!url) {
    console.log(
      'DATABASE_URL is not set: the next start copies the files in DATA_DIR and migrates them.',
    );
    return 0;
  }
  await using pool = new PostgresPool({ url, clock: realClock, mostConnections: 1 });
  const parts = [storesPart, transcriptsPart];
  const before = await readFormats(pool, parts);
  const formerFormat = before.get(transcriptsPart.name) ?? withoutPresences;
  const lines = formerFormat < withoutPresences ? await unsharedLinesIn(pool) : 0;
  await migratePostgres(pool, parts, { upgrades: true });
  if (lines > 0) console.log(`Deleted ${lines} captions that were stored while catch_up was off.`);
  for (const { migrations, name } of parts)
    console.log(`${name}: format ${before.get(name) ?? 'none'} -> ${rangeOf(migrations).known}`);
  return 0;
}
