import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BotError } from '#src/base/errors.ts';
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
  const withTranscripts = readOptions();
  if (withTranscripts === undefined) return misconfigured;
  try {
    copy(read.config.dataDir, withTranscripts);
    return 0;
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    return 1;
  }
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
