import { realClock } from '#src/base/clock.ts';
import { BotError, describeArgumentMistake } from '#src/base/errors.ts';
import { getUsage } from '#src/base/help/program-help.mjs';
import { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import { type Config, readConfig } from '#src/config/config.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import { checkDataFolder } from '#src/startup/data-folder-checks.ts';
import { formatStartupFinding } from '#src/startup/examine-startup.ts';

/** Exit code of a configuration that cannot work. */
const misconfigured = 78;

/** Programs that touch no file of DATA_DIR. */
const withoutFiles = ['migrate'];

/**
 * Runs a program on the bot's settings. Exits with the code of `perform`, 1 for a
 * BotError, or 78 for bad settings or arguments, or a data folder that is closed to it.
 */
export async function runProgram<Arguments>(
  readArguments: () => Arguments,
  name: string,
  perform: (args: Arguments, config: Config) => number | Promise<number>,
): Promise<void> {
  process.umask(0o077);
  const isRead = loadDotEnv(console.error);
  const read = readConfig();
  if (read.kind === 'bad') for (const mistake of read.mistakes) console.error(mistake);
  const args = tryWork(readArguments);
  if ('mistake' in args)
    console.error(`${describeArgumentMistake(args.mistake)}\n${getUsage(name)}`);
  if (!isRead || read.kind === 'bad' || 'mistake' in args) {
    process.exitCode = misconfigured;
    return;
  }
  const folder = await checkDataFolder(read.config.storage.dataDir);
  if (folder.verdict !== 'ok' && !withoutFiles.includes(name)) {
    console.error(formatStartupFinding(folder));
    process.exitCode = misconfigured;
    return;
  }
  const waits = new WaitAnnouncer({
    clock: realClock,
    print: (line) => console.error(line),
    printedMs: realClock.nowMs() - process.uptime() * 1_000,
  });
  try {
    const work = Promise.try(() => perform(args.result, read.config));
    process.exitCode = await waits.announce(`${name} to end`, work);
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

function tryWork<T>(work: () => T) {
  try {
    return { result: work() };
  } catch (mistake) {
    return { mistake };
  }
}
