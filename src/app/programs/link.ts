import { join } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { dataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { fileLink } from '#src/web/http/entry-links.ts';
import { runProgram } from './run-program.ts';

await runProgram({}, (_, config) => run(config));

/** Prints an address that opens the page of the running bot, once, within 10 minutes. */
async function run({ discord, dataDir }: Config): Promise<number> {
  const folder = discord ? dataDir : join(dataDir, 'sandbox');
  // With a database only the run of the process locks a folder of its own.
  if (!dataDirOwner(folder) && !dataDirOwner(join(folder, 'process'))) {
    console.error(`No bot runs on ${folder}: start it first.`);
    return 1;
  }
  try {
    const link = await fileLink(folder, realClock);
    if (link) console.log(link.href);
    else
      console.error(
        `The bot on ${folder} serves no page: PAGE_PORT is 0 or in use; its log says which.`,
      );
    return link ? 0 : 1;
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    console.error(`The link could not be written to ${folder} for the bot: ${why}`);
    return 1;
  }
}
