import { withoutOtherPlaces, withoutPlaces } from '#doctor/live/without-places.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { type ConfigResult, readConfig, readSecret } from '#src/config/config.ts';
import { secretsOf } from '#src/config/models.ts';
import { type Finding, failure, isUsable, ok, type ProbeDeadline } from '#src/probes/probe.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { type DoctorArguments, readArguments, usage } from './arguments.ts';
import type { DoctorProbe, Examination } from './doctor-probe.ts';
import { probes } from './probes.ts';
import { Report } from './report.ts';

export type DoctorOptions = Pick<ProbeDeadline, 'clock' | 'deadlineMs'> & {
  readonly print: (line: string) => void;
  /** Left out: the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends a live check; left out: nothing does. */
  readonly signal?: AbortSignal;
};

/** Exit code of arguments or settings that cannot work, as for the bot. */
const misconfigured = 78;
/** Exit code after Ctrl+C. */
const interrupted = 130;

/** What a live check does, for the operator who starts it. */
const plan =
  'The bot hears no person. It joins, plays a tone, posts a message and deletes it, stays silent, and leaves. Ctrl+C ends the check.';
const cost =
  'Each role of a server gets one to three short requests, with --provider up to five and a long one, and one for the list of models. With --offline it gets none.';

/** Examines the configuration, or one server. Returns the exit code: 0 all usable, 1 something is not, 78 bad arguments. */
export async function runDoctor(
  args: readonly string[],
  { print, environment, signal = new AbortController().signal, ...deadline }: DoctorOptions,
): Promise<number> {
  const given = readArguments(args);
  if (typeof given === 'string') return refuse([given, usage], print);
  return await examineGiven(given, { print, environment, signal, ...deadline });
}

async function examineGiven(
  given: DoctorArguments,
  { print, environment, signal, ...deadline }: DoctorOptions & { readonly signal: AbortSignal },
): Promise<number> {
  const { keyEnv, live, provider } = given;
  const read = readConfig(environment);
  const apiKey = keyEnv === undefined ? undefined : readSecret(keyEnv, environment);
  if (keyEnv !== undefined && !apiKey)
    return refuse([`The variable that --key-env names is not set. ${usage}`], print);
  const clean = provider === undefined ? live && withoutPlaces : withoutOtherPlaces;
  const report = new Report(print, secretsIn(read, apiKey), clean);
  if (provider !== undefined) return await onProvider(given, provider, apiKey, deadline, report);
  if (read.kind === 'bad') return refuse(read.mistakes, print);
  const { config } = read;
  if (live && !config.discord) return refuse(['DISCORD_TOKEN: missing; --live needs a bot'], print);
  return await onConfigured({ ...given, ...deadline, config, signal }, report);
}

function secretsIn(read: ConfigResult, apiKey: Secret | undefined): readonly Secret[] {
  const secrets = read.kind === 'ok' ? secretsOf(read.config) : [];
  return apiKey ? [...secrets, apiKey] : secrets;
}

async function onConfigured(examination: Examination, report: Report): Promise<number> {
  const { isOffline, live, signal } = examination;
  if (live || !isOffline) report.line(live ? plan : cost);
  const chosen = live ? [(await import('#doctor/live/examine-live.ts')).liveCheck] : probes;
  const findings = await reported(chosen, examination, report);
  if (signal?.aborted) report.line('Ctrl+C ended the check early.');
  const problems = findings.filter(({ verdict }) => verdict !== 'ok').length;
  if (live)
    report.line(`Problems: ${problems}. The lines above hold no ids, names, tokens or addresses.`);
  if (findings.some(({ error }) => isBadToken(error))) return misconfigured;
  if (signal?.aborted) return interrupted;
  return findings.every(isUsable) ? 0 : 1;
}

async function reported(
  chosen: readonly DoctorProbe[],
  examination: Examination,
  report: Report,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const probe of chosen) {
    for await (const one of tried(probe, examination)) {
      if (typeof one === 'string') report.line(one);
      else {
        report.findings([one]);
        findings.push(one);
      }
    }
  }
  return findings;
}

/** An error that ends a probe is its last finding. */
async function* tried({ name, run }: DoctorProbe, examination: Examination) {
  try {
    yield* run(examination);
  } catch (error) {
    if (examination.signal?.aborted) return;
    yield failure(isBadToken(error) ? 'token' : name, error);
  }
}

function isBadToken(error: unknown): boolean {
  return error instanceof BotError && error.code === 'discord.bad_token';
}

/** Arguments or settings that cannot work, one sentence each. */
function refuse(mistakes: readonly string[], print: DoctorOptions['print']): number {
  for (const mistake of mistakes) print(mistake);
  return misconfigured;
}

async function onProvider(
  { keyEnv, isOffline }: DoctorArguments,
  baseUrl: string,
  apiKey: Secret | undefined,
  deadline: ProbeDeadline,
  report: Report,
): Promise<number> {
  report.line(`${serverName(baseUrl)}, ${apiKey ? 'with a key' : 'without a key'}`);
  if (isOffline) {
    report.findings([ok('address', 'not asked')]);
    return 0;
  }
  report.line(cost);
  const { examineProvider } = await import('./provider.ts');
  const thorough = { ...deadline, isThorough: true };
  const examined = await examineProvider({ baseUrl, apiKey }, thorough, (some) =>
    report.findings(some),
  );
  report.line('The lines above hold neither key nor address: paste them where you ask for help.');
  const settings = examined.roles
    .flatMap((role) => Object.entries(role.settings))
    .map(([name, value]) => `${name}=${value}`);
  report.settings(settings);
  if (keyEnv && settings.length > 0)
    report.line(`# Set the _API_KEY of each to the value of ${keyEnv}`);
  return examined.isUsable ? 0 : 1;
}
