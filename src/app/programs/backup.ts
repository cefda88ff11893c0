import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Secret } from '#src/base/secret.ts';
import type { Config } from '#src/config/types.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { backupsFolder } from '#src/storage/backups/copy-names.ts';
import { storePath } from '#src/storage/store.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';
import { dumpAddress } from './dump-address.ts';
import { misconfigured, runProgram } from './run-program.ts';

await runProgram({}, (_, config) => run(config));

async function run({ dataDir, databaseUrl }: Config): Promise<number> {
  if (databaseUrl) {
    console.error(useDump(databaseUrl));
    return 1;
  }
  const withTranscripts = readOptions();
  if (withTranscripts === undefined) return misconfigured;
  await copy(dataDir, withTranscripts);
  return 0;
}

function useDump(url: Secret): string {
  return `The store is in PostgreSQL: copy it with pg_dump --format=custom --file=parley.dump ${dumpAddress(url)}`;
}

/** Whether transcripts are copied, too; undefined where the options cannot be understood. */
function readOptions(): boolean | undefined {
  try {
    const { values } = parseArgs({ options: { transcripts: { type: 'boolean', default: false } } });
    return values.transcripts;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}

/** Transcripts only on demand: a copy that is carried elsewhere keeps words until it is deleted. */
async function copy(dataDir: string, withTranscripts: boolean): Promise<void> {
  const folder = backupsFolder(dataDir);
  console.log(await backUp(storePath(dataDir), folder, Date.now()));
  if (!withTranscripts) return;
  const transcripts = transcriptsPath(dataDir);
  if (existsSync(transcripts)) console.log(await backUp(transcripts, folder, Date.now()));
  else console.error(`There are no transcripts ${transcripts} to copy: captions were never on.`);
}
