import { neverAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { type ConfigResult, readConfig, readSecret } from '#src/config/config.ts';
import { listSecrets } from '#src/config/models-in-use.ts';
import {
  type Finding,
  isUsable,
  type ProbeDeadline,
  toFailureFinding,
  toOkFinding,
} from '#src/probes/probe.ts';
import {
  formatAddressLine,
  listAddressSecrets,
} from '#src/provider/access/server-address.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import { doctorProbes } from './all-probes.ts';
import {
  type DoctorArguments,
  doctorUsage,
  parseDoctorArguments,
} from './doctor-arguments.ts';
import type { DoctorProbe, Examination } from './doctor-probe.ts';
import { DoctorReport } from './doctor-report.ts';
import { removeForeignPlaces, removePlaces } from './live/remove-places.ts';

export type DoctorOptions = Pick<ProbeDeadline, 'clock' | 'deadlineMs'> & {
  readonly print: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
};

/** `EX_CONFIG` of sysexits.h, as for the bot: bad arguments, bad settings or a refused token. */
const misconfiguredExitCode = 78;
/** 128 and the number of SIGINT. */
const interruptedExitCode = 130;

const liveCheckPlan =
  'The bot hears no person. It joins, plays a tone, posts a message and deletes it, stays silent, and leaves. Ctrl+C ends the check.';
const requestCostNote =
  'Each role of a server gets one to five short requests, with --provider up to eight and a long one, and some for its lists. With --offline it gets none.';

/**
 * Examines the configuration, or one server with `--provider`. Returns the exit code: 0 if
 * everything is usable, 1 if not, 78 for bad arguments or settings, and 130 after Ctrl+C.
 *
 * @example
 * import { runDoctor } from '#doctor/doctor.ts';
 * import { realClock } from '#src/base/clock.ts';
 *
 * const lines: string[] = [];
 * const print = (line: string) => lines.push(line);
 * const options = { clock: realClock, deadlineMs: 5_000, print, environment: {} };
 * const exitCode = await runDoctor(['--silence', '5s'], options);
 * [exitCode, lines[0]]; // [78, '--silence: needs --live.']
 */
export async function runDoctor(
  args: readonly string[],
  { print, environment, signal = neverAborted, ...deadline }: DoctorOptions,
): Promise<number> {
  const parsed = parseDoctorArguments(args);
  if (typeof parsed === 'string') return refuseArguments([parsed, doctorUsage], print);
  const { keyEnv, live, provider } = parsed;
  const read = readConfig(environment);
  const apiKey = keyEnv === undefined ? undefined : readSecret(keyEnv, environment);
  if (keyEnv !== undefined && !apiKey)
    return refuseArguments(
      [`The variable that --key-env names is not set. ${doctorUsage}`],
      print,
    );
  const cleanText = provider === undefined ? live && removePlaces : removeForeignPlaces;
  const secrets = [...collectSecrets(read, apiKey), ...listAddressSecrets(provider)];
  const report = new DoctorReport(print, secrets, cleanText);
  if (provider !== undefined)
    return await reportProvider(parsed, provider, apiKey, deadline, report);
  if (read.kind === 'bad') return refuseArguments(read.mistakes, print);
  const { config } = read;
  if (live && !config.discord)
    return refuseArguments(['DISCORD_TOKEN: missing; --live needs a bot'], print);
  return await examineConfigured({ ...parsed, ...deadline, config, signal }, report);
}

function collectSecrets(read: ConfigResult, apiKey: Secret | undefined) {
  const secrets = read.kind === 'ok' ? listSecrets(read.config) : [];
  return apiKey ? [...secrets, apiKey] : secrets;
}

/** Returns the exit code. */
async function examineConfigured(examination: Examination, report: DoctorReport) {
  const { isOffline, live, signal } = examination;
  if (live || !isOffline) report.writeLine(live ? liveCheckPlan : requestCostNote);
  const chosenProbes = live
    ? [(await import('#doctor/live/examine-live.ts')).liveCheckProbe]
    : doctorProbes;
  const findings = await reportProbes(chosenProbes, examination, report);
  if (signal?.aborted) report.writeLine('Ctrl+C ended the check early.');
  const problems = findings.filter(({ verdict }) => verdict !== 'ok').length;
  if (live)
    report.writeLine(
      `Problems: ${problems}. The lines above hold no ids, names, tokens or addresses.`,
    );
  else report.writeLine(describeOutcome(findings));
  if (findings.some(({ error }) => isBadTokenError(error)))
    return misconfiguredExitCode;
  if (signal?.aborted) return interruptedExitCode;
  return findings.every(isUsable) ? 0 : 1;
}

/** Says in one sentence what comes next. */
function describeOutcome(findings: readonly Finding[]) {
  const missing = findings.filter((finding) => !isUsable(finding)).length;
  if (missing > 0)
    return `Missing: ${missing}. Do what stands behind "mend", then run npm run doctor again.`;
  const differing = findings.filter(({ verdict }) => verdict !== 'ok').length;
  const outcome = differing === 0 ? 'All is well.' : `It works; ${differing} differ.`;
  return `${outcome} Next: npm start`;
}

async function reportProbes(
  chosenProbes: readonly DoctorProbe[],
  examination: Examination,
  report: DoctorReport,
) {
  const findings: Finding[] = [];
  for (const probe of chosenProbes) {
    for await (const output of runProbe(probe, examination)) {
      if (typeof output === 'string') report.writeLine(output);
      else {
        report.writeFindings([output]);
        findings.push(output);
      }
    }
  }
  return findings;
}

/** Turns an error that ends the probe into its last finding. */
async function* runProbe(probe: DoctorProbe, examination: Examination) {
  try {
    yield* probe.run(examination);
  } catch (error) {
    if (examination.signal?.aborted) return;
    yield toFailureFinding(isBadTokenError(error) ? 'token' : probe.name, error);
  }
}

function isBadTokenError(error: unknown) {
  return error instanceof BotError && error.code === 'discord.bad_token';
}

function refuseArguments(mistakes: readonly string[], print: DoctorOptions['print']) {
  for (const mistake of mistakes) print(mistake);
  return misconfiguredExitCode;
}

/** A user, a password and a query stay out of the report. */
function toShownValue(name: string, value: string) {
  return name.endsWith('_BASE_URL') ? formatAddressLine(value) : value;
}

async function reportProvider(
  { keyEnv, isOffline }: DoctorArguments,
  baseUrl: string,
  apiKey: Secret | undefined,
  deadline: ProbeDeadline,
  report: DoctorReport,
) {
  report.writeLine(
    `${formatServerName(baseUrl)}, ${apiKey ? 'with a key' : 'without a key'}`,
  );
  if (isOffline) {
    report.writeFindings([toOkFinding('address', 'not asked')]);
    return 0;
  }
  report.writeLine(requestCostNote);
  const { examineProvider } = await import('./examine-provider.ts');
  const examined = await examineProvider(
    // Over a WebSocket the same server speaks HTTP, too.
    { baseUrl: baseUrl.replace(/^ws/, 'http'), apiKey },
    { ...deadline, isThorough: true },
    (findings) => report.writeFindings(findings),
  );
  report.writeLine(
    'The lines above hold neither key nor address: paste them where you ask for help.',
  );
  const settings = examined.roles
    .flatMap((role) => Object.entries(role.settings))
    .map(([name, value]) => `${name}=${toShownValue(name, value)}`);
  report.writeSettings(settings);
  if (formatAddressLine(baseUrl) !== baseUrl && settings.length > 0)
    report.writeLine('# Put user, password and values of queries into the addresses');
  if (keyEnv && settings.length > 0)
    report.writeLine(`# Set the _API_KEY of each to the value of ${keyEnv}`);
  return examined.isUsable ? 0 : 1;
}
