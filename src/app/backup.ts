import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { loadDotEnv, readConfig } from '#src/config/config.ts';
import { backUp } from '#src/storage/backup.ts';
import { storePath } from '#src/storage/store.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcript-store.ts';

/** As for the bot: a configuration that cannot work. */
const misconfigured = 78;

process.umask(0o077);
process.exitCode = run();

function run(): number {
  loadDotEnv();
  const read = readConfig();
  if (read.kind === 'bad') {
    for (const mistake of read.mistakes) console.error(mistake);
    return misconfigured;
  }
  const { dataDir, databaseUrl } = read.config;
  if (databaseUrl) {
    console.error(useDump(databaseUrl));
    return 1;
  }
  const withTranscripts = readOptions();
  if (withTranscripts === undefined) return misconfigured;
  try {
    copy(dataDir, withTranscripts);
    return 0;
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** A database has copies of its own kind, and a password belongs on no command line. */
function useDump(url: Secret): string {
  const address = new URL(url.reveal());
  address.password = '';
  address.search = '';
  return `The store is in PostgreSQL: copy it with pg_dump --format=custom --file=parley.dump ${address.href}`;
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

/** Transcripts only on demand: what people forget stays in copies until the seventh next one. */
function copy(dataDir: string, withTranscripts: boolean): void {
  const folder = join(dataDir, 'backups');
  console.log(backUp(storePath(dataDir), folder, Date.now()));
  if (!withTranscripts) return;
  const transcripts = transcriptsPath(dataDir);
  if (existsSync(transcripts)) console.log(backUp(transcripts, folder, Date.now()));
  else console.error(`There are no transcripts ${transcripts} to copy: captions were never on.`);
}
