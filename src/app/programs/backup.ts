import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { argumentMistake } from '#src/base/argument-mistake.ts';
import type { Config } from '#src/config/types.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { backupsFolder, deleteOldCopies } from '#src/storage/backups/copy-names.ts';
import { storePath, transcripts } from '#src/storage/store-kinds.ts';
import { wantedKinds, withDatabaseCopies } from './database-copies.ts';
import { misconfigured, runProgram } from './run-program.ts';

await runProgram({}, (_, config) => run(config));

async function run({ dataDir, databaseUrl }: Config): Promise<number> {
  const withTranscripts = readOptions();
  if (withTranscripts === undefined) return misconfigured;
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

/** Whether transcripts are copied, too; undefined where the options cannot be understood. */
function readOptions(): boolean | undefined {
  try {
    const { values } = parseArgs({ options: { transcripts: { type: 'boolean', default: false } } });
    return values.transcripts;
  } catch (error) {
    console.error(argumentMistake(error));
    return undefined;
  }
}

/** Transcripts only on demand: a copy that is carried elsewhere keeps words until it is deleted. */
function copy(storesDir: string, dataDir: string, withTranscripts: boolean): void {
  const folder = backupsFolder(dataDir);
  const now = Date.now();
  console.log(backUp(storePath(storesDir), folder, now));
  deleteOldCopies(dataDir, now);
  if (!withTranscripts) return;
  const path = storePath(storesDir, transcripts);
  if (existsSync(path)) console.log(backUp(path, folder, now));
  else console.error(`There are no transcripts ${path} to copy: captions were never on.`);
}
