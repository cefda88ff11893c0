import { basename } from 'node:path';
import { missing, ok } from '#src/probes/probe.ts';
import { findDataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { listStoreFiles, type StoreFile } from '#src/storage/data-dir/store-files.ts';
import type { DoctorProbe } from './doctor-probe.ts';

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
      yield ok(
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
    const { place, processes } = await readDatabaseState(databaseUrl);
    yield ok('database', `${place} answers`);
    for (const { name, shardCount, shardIds } of processes)
      yield ok('process', `${name}, shards ${shardIds.join(', ')} of ${shardCount}`);
  },
};

function checkStoreFile({ path, version }: StoreFile) {
  const name = basename(path);
  if (version !== undefined) return ok(name, 'can be read');
  return missing(
    name,
    `the bot cannot read ${path}`,
    "give the file to the bot's user (chown), or restore a copy: npm run restore",
  );
}
