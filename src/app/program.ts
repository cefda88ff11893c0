import '#src/discord/library/undici.ts';
import { parseArgs } from 'node:util';
import { describeArgumentMistake } from '#src/base/argument-mistake.ts';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { readConfig, readEnvironment } from '#src/config/config.ts';
import { loadDotEnv, readAnew } from '#src/config/dot-env.ts';
import type { ExitSignals } from './run-on-discord.ts';

/** A configuration that cannot work: a supervisor should not start it again. */
const misconfigured = 78;
const unusable: readonly ErrorCode[] = [
  'discord.bad_token',
  'discord.intent_refused',
  'discord.too_few_shards',
  'store.in_use',
  'store.format',
  'store.misconfigured',
];
/** After `farewellMs`, or a second signal, the process ends without order. */
const farewellMs = 8_000;
/** Every voice channel is left in this time. */
const hurryMs = 800;

/** Files of the bot are for its own user: store, backups, logs of the runtime. */
process.umask(0o077);
const stop = new AbortController();
const atOnce = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) return endNow(`asked to stop again by ${name}`);
    stop.abort(new Error(`asked to stop by ${name}`));
    setTimeout(
      endNow,
      farewellMs,
      `not ended ${farewellMs / 1000} s after ${name}`,
    ).unref();
  });
}
process.exitCode = await runProgramMode({ signal: stop.signal, hurry: atOnce.signal });
// A library may leave a timer or socket open.
setTimeout(() => process.exit(), 1_000).unref();

/** Ends the process soon, by an orderly end if possible. */
function endNow(reason: string) {
  if (atOnce.signal.aborted) return;
  atOnce.abort(new Error(reason));
  setTimeout(() => process.exit(1), hurryMs).unref();
}

async function runProgramMode({ signal, hurry }: ExitSignals) {
  const args = readArguments();
  const environment = { ...readEnvironment() };
  if (!loadDotEnv(console.error)) return misconfigured;
  const read = readConfig();
  const mistakes = [...args.mistakes, ...(read.kind === 'bad' ? read.mistakes : [])];
  for (const mistake of mistakes) console.error(mistake);
  if (read.kind === 'bad' || mistakes.length > 0) return misconfigured;
  const { config } = read;
  try {
    // Each loads hundreds of modules, and a bad configuration needs none.
    if (config.discord) {
      const { runOnDiscord } = await import('./run-on-discord.ts');
      return await runOnDiscord(config, config.discord, {
        signal,
        hurry,
        readAnew: () => readAnew(environment),
      });
    }
    const { runInSandbox } = await import('./sandbox/run-in-sandbox.ts');
    return await runInSandbox(config, args, signal);
  } catch (error) {
    return signal.aborted ? 0 : toExitCode(error);
  }
}

/** Prints the sentence of a BotError, and everything of a bug. */
function toExitCode(error: unknown) {
  const isKnown = error instanceof BotError;
  console.error(isKnown ? error.message : error);
  return isKnown && unusable.includes(error.code) ? misconfigured : 1;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: { once: { type: 'boolean', default: false } },
    });
    return { ...values, mistakes: [] };
  } catch (error) {
    const mistake = `${describeArgumentMistake(error)} The only option is --once: npm start -- --once`;
    return { once: false, mistakes: [mistake] };
  }
}
