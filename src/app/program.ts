import '#src/discord/library/undici.ts';
import { parseArgs } from 'node:util';
import { realClock } from '#src/base/clock.ts';
import { BotError, describeArgumentMistake, type ErrorCode } from '#src/base/errors.ts';
import { getUsage } from '#src/base/help/program-help.mjs';
import { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import {
  type Config,
  type ConfigResult,
  readConfig,
  readEnvironment,
} from '#src/config/config.ts';
import { loadDotEnv, readAnew } from '#src/config/dot-env.ts';
import { examineStartup, formatStartupFinding } from '#src/startup/examine-startup.ts';
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
const waits = new WaitAnnouncer({
  clock: realClock,
  print: (line) => console.error(line),
  // The first line came at once.
  printedMs: realClock.nowMs() - process.uptime() * 1_000,
});
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
  const options = { once: args.once, readSettings: () => readAnew(environment) };
  try {
    for (let latest: ConfigResult = read; ; latest = options.readSettings()) {
      const outcome = await runOnce(latest, options, { signal, hurry });
      if (outcome !== 'restart') return outcome;
    }
  } catch (error) {
    return signal.aborted ? 0 : toExitCode(error);
  }
}

type ModeOptions = {
  readonly once: boolean;
  readonly readSettings: () => ConfigResult;
};

/** Runs the bot with these settings, until the process has to end or the page asks for a restart. */
async function runOnce(read: ConfigResult, options: ModeOptions, signals: ExitSignals) {
  if (read.kind === 'bad') {
    for (const mistake of read.mistakes) console.error(mistake);
    return misconfigured;
  }
  const { config } = read;
  const [canStart, run] = await waits.announce(
    'the program to load',
    Promise.all([
      reportStartup(options.once ? { ...config, page: undefined } : config),
      loadMode(config, options, signals),
    ]),
  );
  return canStart ? await run() : misconfigured;
}

/** Loads the bot on Discord or the sandbox: hundreds of modules, which a bad configuration does not need. */
async function loadMode(
  config: Config,
  { once, readSettings }: ModeOptions,
  { signal, hurry }: ExitSignals,
): Promise<() => Promise<number | 'restart'>> {
  const { discord } = config;
  if (!discord) {
    const { runInSandbox } = await import('./sandbox/run-in-sandbox.ts');
    return () => runInSandbox(config, { once, waits }, signal);
  }
  const { runOnDiscord } = await import('./run-on-discord.ts');
  return () =>
    runOnDiscord(config, discord, { signal, hurry, waits, readAnew: readSettings });
}

/** Prints what a start lacks, as the doctor does. Returns false if it cannot start so. */
async function reportStartup(config: Config) {
  const found = await examineStartup(config, 'start');
  for (const { finding } of found)
    if (finding.verdict !== 'ok') console.error(formatStartupFinding(finding));
  return found.every(({ stopsStart }) => !stopsStart);
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
    const mistake = `${describeArgumentMistake(error)} ${getUsage('start')}`;
    return { once: false, mistakes: [mistake] };
  }
}
