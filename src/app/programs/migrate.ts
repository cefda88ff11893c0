import type { Config } from '#src/config/types.ts';
import { lostRowsIn, migratePostgres, readFormats } from '#src/storage/postgres/migrate.ts';
import { PostgresDriver } from '#src/storage/postgres/postgres-driver.ts';
import { rangeOf } from '#src/storage/schema.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
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
  await using driver = new PostgresDriver({ url });
  const before = await readFormats(driver, storeKinds);
  for (const sentence of await lostRowsIn(driver, before)) console.log(sentence);
  await migratePostgres(driver, storeKinds, { upgrades: true });
  for (const { name, postgres } of storeKinds)
    console.log(`${name}: format ${before.get(name) ?? 'none'} -> ${rangeOf(postgres).known}`);
  return 0;
}
