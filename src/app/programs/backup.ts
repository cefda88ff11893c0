import '#src/base/help/program-help.mjs';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Config } from '#src/config/config.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { deleteOldCopies, toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import { listWantedKinds, storePath, transcripts } from '#src/storage/store-kinds.ts';
import { useDatabaseCopies } from './database-copies.ts';
import { runProgram } from './run-program.ts';

const options = { transcripts: { type: 'boolean', default: false } } as const;
await runProgram(() => parseArgs({ options }).values, 'backup', runBackup);

async function runBackup(
  { transcripts: withTranscripts }: { readonly transcripts: boolean },
  { storage: { dataDir, databaseUrl } }: Config,
) {
  const makeCopies = (storesDir: string) =>
    copyStores(storesDir, dataDir, withTranscripts);
  if (databaseUrl)
    await useDatabaseCopies(
      { url: databaseUrl, dataDir, isMade: false },
      listWantedKinds(withTranscripts),
      makeCopies,
    );
  else makeCopies(dataDir);
  return 0;
}

function copyStores(storesDir: string, dataDir: string, withTranscripts: boolean) {
  const folder = toBackupsFolder(dataDir);
  const nowWallMs = Date.now();
  console.log(backUpStore(storePath(storesDir), folder, nowWallMs));
  deleteOldCopies(dataDir, nowWallMs);
  // A copy that is carried elsewhere keeps words until it is deleted.
  if (!withTranscripts) return;
  const path = storePath(storesDir, transcripts);
  if (existsSync(path)) console.log(backUpStore(path, folder, nowWallMs));
  else
    console.error(`There are no transcripts ${path} to copy: captions were never on.`);
}
