import { basename } from 'node:path';
import { toMissingFinding, toOkFinding } from '#src/probes/probe.ts';
import { findDataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { listStoreFiles, type StoreFile } from '#src/storage/data-dir/store-files.ts';
import type { DoctorProbe } from './doctor-probe.ts';

/** Examines the data folder, or the database of `DATABASE_URL`. */
export const storedDataProbe: DoctorProbe = {
  name: 'database',
  async *run({
    config: {
      storage: { dataDir, databaseUrl },
    },
  }) {
    if (!databaseUrl) {
      yield `DATA_DIR: ${dataDir}`;
      const owner = findDataDirOwner(dataDir);
      yield toOkFinding(
        'lock',
        owner
          ? `${owner.description} uses this folder`
          : 'free: no bot uses this folder',
      );
      yield* listStoreFiles(dataDir).map(checkStoreFile);
      return;
    }
    yield 'DATABASE_URL';
    // Modules of PostgreSQL load only if it is used.
    const { readDatabaseState } = await import(
      '#src/storage/postgres/database-state.ts'
    );
    const { place: address, processes } = await readDatabaseState(databaseUrl);
    yield toOkFinding('database', `${address} answers`);
    for (const { name, shardCount, shardIds } of processes)
      yield toOkFinding(
        'process',
        `${name}, shards ${shardIds.join(', ')} of ${shardCount}`,
      );
  },
};

function checkStoreFile({ path, version }: StoreFile) {
  const name = basename(path);
  if (version !== undefined) return toOkFinding(name, 'can be read');
  return toMissingFinding(
    name,
    `the bot cannot read ${path}`,
    "give the file to the bot's user (chown), or restore a copy: npm run restore",
  );
}
