import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Config } from '#src/config/config.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { backupsFolder, deleteOldCopies } from '#src/storage/backups/copy-names.ts';
import { storePath, transcripts, wantedKinds } from '#src/storage/store-kinds.ts';
import { withDatabaseCopies } from './database-copies.ts';
import { runProgram } from './run-program.ts';

const options = { transcripts: { type: 'boolean', default: false } } as const;
await runProgram(() => parseArgs({ options }).values, 'npm run backup [-- --transcripts]', run);

async function run(
  { transcripts: withTranscripts }: { readonly transcripts: boolean },
  { dataDir, databaseUrl }: Config,
): Promise<number> {
  if (!databaseUrl) {
    copy(dataDir, dataDir, withTranscripts);
    return 0;
  }
  const database = { url: databaseUrl, dataDir, isMade: false };
  await withDatabaseCopies(database, wantedKinds(withTranscripts), (storesDir) =>
    copy(storesDir, dataDir, withTranscripts),
  );
  return 0;
}

/** Transcripts only on demand: a copy that is carried elsewhere keeps words until it is deleted. */
function copy(storesDir: string, dataDir: string, withTranscripts: boolean) {
  const folder = backupsFolder(dataDir);
  const now = Date.now();
  console.log(backUp(storePath(storesDir), folder, now));
  deleteOldCopies(dataDir, now);
  if (!withTranscripts) return;
  const path = storePath(storesDir, transcripts);
  if (existsSync(path)) console.log(backUp(path, folder, now));
  else console.error(`There are no transcripts ${path} to copy: captions were never on.`);
}
