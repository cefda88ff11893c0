import { join } from 'node:path';
import { BotError } from '#src/base/errors.ts';
import { loadDotEnv, readConfig } from '#src/config/config.ts';
import { backUp } from '#src/storage/backup.ts';
import { storePath } from '#src/storage/store.ts';

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
  const { dataDir } = read.config;
  try {
    console.log(backUp(storePath(dataDir), join(dataDir, 'backups'), Date.now()));
    return 0;
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    return 1;
  }
}
