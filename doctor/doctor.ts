import type { DiscordVerdict } from '#doctor/discord/examine-discord.ts';
import { pickModels } from '#doctor/probes/pick-models.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { secretsOf } from '#src/config/models.ts';
import type { Config } from '#src/config/types.ts';
import { type DoctorArguments, readArguments, usage } from './arguments.ts';
import { examineConfigured } from './configured.ts';
import { examineDataDir } from './examine-data-dir.ts';
import { missing, ok } from './finding.ts';
import { lifecycle } from './lifecycle.ts';
import { examineProvider } from './provider.ts';
import { Report } from './report.ts';
import type { ProbeDeadline } from './server-under-test.ts';

export type DoctorOptions = ProbeDeadline & {
  readonly print: (line: string) => void;
  /** Left out: the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends a live check; left out: nothing does. */
  readonly signal?: AbortSignal;
  /** Folder for the report of a live check; left out: the working directory. */
  readonly folder?: string;
};

/** Exit code of arguments or settings that cannot work, as for the bot. */
const misconfigured = 78;

const operatorTest =
  'Parley: this is a test message of npm run doctor -- --tell-operator. Notices about problems come the same way.';
const operatorMend =
  'correct OPERATOR_WEBHOOK, or allow direct messages from a server that you share with the bot';

const cost =
  'Each server gets requests for at most 2000 tokens, 5 spoken texts of 90 characters and 2 recordings of 8 s. With --offline it gets none.';

/** Examines the configuration, or one server. Returns the exit code: 0 all usable, 1 something is not, 78 bad arguments. */
export async function runDoctor(
  args: readonly string[],
  {
    print,
    environment,
    signal = new AbortController().signal,
    folder = '.',
    ...patience
  }: DoctorOptions,
): Promise<number> {
  const given = readArguments(args);
  if (!given)
    return refuse([`The arguments are not valid. ${usage}`], args.includes('--json'), print);
  const read = readConfig(environment);
  const secrets = read.kind === 'ok' ? secretsOf(read.config) : [];
  if (given.provider !== undefined) {
    return await onProvider(given, given.provider, { secrets, print, environment, patience });
  }
  if (read.kind === 'bad') return refuse(read.mistakes, given.isJson, print);
  const needsBot = given.live ? '--live' : given.channelId !== undefined && '--channel';
  if (needsBot && !read.config.discord) {
    return refuse([`DISCORD_TOKEN: missing; ${needsBot} needs a bot`], given.isJson, print);
  }
  const report = new Report(print, secrets, given.isJson ? 'json' : 'text');
  if (given.live) {
    const { live } = given;
    return report.end(await onLive(read.config, live, { patience, folder, signal }, report));
  }
  return report.end(await onConfigured(read.config, given, patience, report));
}

async function onConfigured(
  config: Config,
  args: DoctorArguments,
  patience: ProbeDeadline,
  report: Report,
): Promise<number> {
  const { isOffline } = args;
  if (!isOffline) report.line(cost);
  const { dataDir, databaseUrl } = config;
  const { examineHost } = await import('#doctor/discord/examine-host.ts');
  const canRun = await examineHost(dataDir, report);
  const canStore = databaseUrl
    ? await onDatabase(databaseUrl, patience, report)
    : examineDataDir(dataDir, patience.clock.wallMs(), report);
  const discord = await onDiscord(config, args, patience, report);
  const isReached = await onOperator(config, args, patience, report);
  const code = await examineConfigured(config, isOffline, patience, report);
  onBudgets(config, report);
  const haveTools = await onTools(config, isOffline, patience, report);
  if (discord === 'misconfigured') return misconfigured;
  return canRun && canStore && haveTools && isReached && discord === 'usable' ? code : 1;
}

type LiveRun = Required<Pick<DoctorOptions, 'signal' | 'folder'>> & {
  readonly patience: ProbeDeadline;
};

/** Longest time, in ms, in which a voice link must open, as for the bot. */
const connectMs = 15_000;

async function onLive(
  config: Config,
  { silenceMs, ...wanted }: NonNullable<DoctorArguments['live']>,
  { patience: { clock, deadlineMs }, folder, signal }: LiveRun,
  report: Report,
): Promise<number> {
  const { discord: place } = config;
  if (!place) throw new Error('a live check needs a bot');
  const { examineLive } = await import('#doctor/live/examine-live.ts');
  const longestMs = Math.min(connectMs, deadlineMs);
  const options = { config, place, wanted, silenceMs, connectMs: longestMs, folder, clock };
  return await examineLive(options, report, signal);
}

async function onDiscord(
  config: Config,
  { isOffline, channelId }: DoctorArguments,
  { clock }: ProbeDeadline,
  report: Report,
): Promise<DiscordVerdict> {
  const { discord } = config;
  if (discord && !isOffline) {
    const { signal } = new AbortController();
    const { examineDiscord } = await import('#doctor/discord/examine-discord.ts');
    const verdict = await examineDiscord(discord, clock, report, signal);
    if (channelId === undefined || verdict === 'misconfigured') return verdict;
    const { examineChannel } = await import('#doctor/discord/examine-channel.ts');
    const trial = { config, place: discord, channelId, clock };
    return (await examineChannel(trial, report, signal)) ? verdict : 'broken';
  }
  report.section('Discord');
  const sandbox = 'not set: npm start runs the sandbox, npm run setup asks for a token';
  report.findings([ok('token', discord ? 'set, not checked' : sandbox)]);
  return 'usable';
}

/** Sends a test message to the operator, only where that was asked for; false where it went nowhere. */
async function onOperator(
  { operatorWebhook: webhook, discord }: Config,
  { notifiesOperator }: DoctorArguments,
  { clock }: ProbeDeadline,
  report: Report,
): Promise<boolean> {
  if (!notifiesOperator) return true;
  const { writeToOperator } = await import('#src/discord/account/operator-message.ts');
  const { signal } = new AbortController();
  report.section('Operator');
  try {
    const where = await writeToOperator(operatorTest, { webhook, discord }, clock, signal);
    report.findings([ok('notices', `a test message went to ${where}`)]);
    return true;
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    report.findings([missing('notices', error.message, operatorMend)]);
    return false;
  }
}

/** Reports what may be spent, where anything costs money. */
function onBudgets({ budget, chat, speech, transcription }: Config, report: Report): void {
  const isFree = [chat, speech, transcription].every(({ kind }) => kind === 'embedded');
  if (isFree) return;
  const total = budget.totalDayNanoUsd / 1e9;
  const ofServer = budget.caps.serverDay / 1e9;
  const each = ofServer === 0 ? 'without a limit' : `up to ${ofServer} USD`;
  report.section('Budgets');
  report.findings([
    ok('a server', `may spend ${each} a day (BUDGET_SERVER_DAY_USD)`),
    total > 0
      ? ok('all servers', `may spend ${total} USD a day together (BUDGET_TOTAL_DAY_USD)`)
      : ok('all servers', 'have no limit together: BUDGET_TOTAL_DAY_USD sets one'),
  ]);
}

/** Arguments or settings that cannot work, one sentence each. */
function refuse(
  mistakes: readonly string[],
  isJson: boolean,
  print: DoctorOptions['print'],
): number {
  if (isJson) print(JSON.stringify({ code: misconfigured, mistakes }, undefined, 2));
  else for (const mistake of mistakes) print(mistake);
  return misconfigured;
}

/** Examines tools; no module is loaded where there are none. */
async function onTools(
  config: Config,
  isOffline: boolean,
  { clock }: ProbeDeadline,
  report: Report,
): Promise<boolean> {
  const { mcp } = config.externalTools;
  if (!mcp) return true;
  const { examineTools } = await import('./examine-tools.ts');
  return await examineTools(mcp, isOffline, clock, report);
}

/** Examines the database; no module of PostgreSQL is loaded where there is none. */
async function onDatabase(url: Secret, { clock }: ProbeDeadline, report: Report) {
  const { examineDatabase } = await import('./examine-database.ts');
  return await examineDatabase(url, clock, report);
}

type Surroundings = {
  readonly secrets: readonly Secret[];
  readonly print: (line: string) => void;
  readonly environment: NodeJS.ProcessEnv | undefined;
  readonly patience: ProbeDeadline;
};

async function onProvider(
  { keyEnv, named, isOffline, isJson }: DoctorArguments,
  baseUrl: string,
  { secrets, print, environment, patience }: Surroundings,
): Promise<number> {
  const apiKey = keyEnv === undefined ? undefined : readSecret(keyEnv, environment);
  if (keyEnv !== undefined && !apiKey) {
    return refuse([`The variable that --key-env names is not set. ${usage}`], isJson, print);
  }
  const known = [...secrets, ...(apiKey ? [apiKey] : [])];
  const report = new Report(print, known, isJson ? 'json' : 'text');
  if (isOffline) {
    const { chat } = pickModels({ kind: 'not offered' }, named);
    const inUse = { role: 'CHAT_COMPLETION', model: chat.model, baseUrl };
    const ending = lifecycle(inUse, { kind: 'not offered' }, patience.clock.wallMs());
    report.findings([ok('address', `${baseUrl}, not asked`), ...(named.chat ? [ending] : [])]);
    return report.end(0);
  }
  report.line(cost);
  const address = { baseUrl, ...(apiKey && { apiKey }) };
  const asked = { address, named, ...(keyEnv && { keyName: keyEnv }) };
  const { code } = await examineProvider(asked, patience, report);
  return report.end(code);
}
