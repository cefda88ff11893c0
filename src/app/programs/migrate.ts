import '#src/base/help/program-help.mjs';
import { parseArgs } from 'node:util';
import type { Config } from '#src/config/config.ts';
import {
  describeLostRows,
  migrateMs,
  migratePostgres,
  readFormats,
} from '#src/storage/postgres/migrate-schema.ts';
import { openForProgram } from '#src/storage/postgres/postgres-driver.ts';
import { getPresentFormat } from '#src/storage/schema.ts';
import { storeKinds } from '#src/storage/store-kinds.ts';
import { runProgram } from './run-program.ts';

// npm run migrate: migrates DATABASE_URL to this version. Former versions cannot read it
// afterwards.

await runProgram(
  () => parseArgs({ options: {} }).values,
  'migrate',
  (_, { storage }) => runMigration(storage),
);

async function runMigration({ databaseUrl: url }: Config['storage']) {
  if (!url) {
    console.log(
      'DATABASE_URL is not set: the next start copies the files in DATA_DIR and migrates them.',
    );
    return 0;
  }
  await using database = openForProgram({ url }, migrateMs);
  const formatsBefore = await readFormats(database, storeKinds, { upgrades: true });
  for (const sentence of await describeLostRows(database, formatsBefore))
    console.log(sentence);
  await migratePostgres(database, storeKinds, { upgrades: true });
  for (const { name, postgres } of storeKinds)
    console.log(
      `${name}: format ${formatsBefore.get(name) ?? 'none'} -> ${getPresentFormat(postgres)}`,
    );
  return 0;
}
