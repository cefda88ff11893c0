import type { Config } from '#src/config/types.ts';
import { dataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';

/** Name of the process that runs with these settings; undefined where there is none. */
export async function runningBot({ dataDir, databaseUrl }: Config): Promise<string | undefined> {
  const owner = dataDirOwner(dataDir);
  if (owner === 'unnamed') return 'a bot runs with this DATA_DIR';
  if (owner) return `a bot runs as process ${owner.pid} on ${owner.host}`;
  if (!databaseUrl) return undefined;
  const { readDatabaseState } = await import('#src/storage/postgres/database-state.ts');
  const state = await readDatabaseState(databaseUrl).catch(() => undefined);
  const [process] = state?.processes ?? [];
  return process && `a bot runs as ${process.name}`;
}
