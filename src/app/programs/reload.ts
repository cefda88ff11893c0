import '#src/base/help/program-help.mjs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findDataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { runProgram } from './run-program.ts';

// npm run reload: the running bot reads lists of servers, prices and keys anew.

await runProgram(
  () => parseArgs({ options: {} }).values,
  'reload',
  (_, { storage: { dataDir } }) => {
    if (process.platform === 'win32') {
      console.error('Windows has no such signal: restart the bot.');
      return 1;
    }
    // The signal would end other programs that lock DATA_DIR.
    const owner = findDataDirOwner(join(dataDir, 'process'));
    if (owner?.pid === undefined || owner.host !== hostname()) {
      console.error(
        `No single bot of this machine is known to run over DATA_DIR ${dataDir}.`,
      );
      return 1;
    }
    process.kill(owner.pid, 'SIGHUP');
    console.log(
      `Asked process ${owner.pid}: its log says "reloaded" or "not reloaded".`,
    );
    return 0;
  },
);
