import { BotError } from '#src/base/errors.ts';
import { readConfig } from '#src/config/config.ts';
import { loadDotEnv } from '#src/config/dot-env.ts';
import type { Config } from '#src/config/types.ts';

/** Exit code of a configuration that cannot work, for the bot as well. */
export const misconfigured = 78;

/**
 * Runs a program beside the bot, on the bot's settings, and sets the exit code of this process: that of `perform`; 1 for a
 * BotError, with its sentence; 78 for settings or arguments that cannot be understood.
 *
 * `args` is the request in the arguments, or the sentence that describes their form. Other errors throw.
 */
export async function runProgram<Arguments extends object>(
  args: Arguments | string,
  perform: (args: Arguments, config: Config) => number | Promise<number>,
): Promise<void> {
  process.umask(0o077);
  const isRead = loadDotEnv(console.error);
  const read = readConfig();
  if (read.kind === 'bad') for (const mistake of read.mistakes) console.error(mistake);
  if (typeof args === 'string') console.error(args);
  if (!isRead || read.kind === 'bad' || typeof args === 'string') {
    process.exitCode = misconfigured;
    return;
  }
  try {
    process.exitCode = await perform(args, read.config);
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
