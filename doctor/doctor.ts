import { pickModels } from '#doctor/probes/pick-models.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig, readSecret } from '#src/config/config.ts';
import { secretsOf } from '#src/config/models.ts';
import { readWishes, usage, type Wishes } from './arguments.ts';
import { examineConfigured } from './configured.ts';
import { examineDataDir } from './examine-data-dir.ts';
import { ok } from './finding.ts';
import { lifecycle } from './lifecycle.ts';
import { examineProvider } from './provider.ts';
import { Report } from './report.ts';
import type { ProbeDeadline } from './server-under-test.ts';

export type DoctorOptions = ProbeDeadline & {
  readonly print: (line: string) => void;
  /** Left out: the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
};

/** As for the bot: arguments or settings that cannot work. */
const misconfigured = 78;

const cost =
  'Asks for at most 2000 tokens, 5 clips of 90 characters and 2 uploads of 8 s a server; --offline asks nothing.';

/** Examines what is configured, or one server. Returns the exit code: 0 all usable, 1 something is not, 78 bad arguments. */
export async function runDoctor(
  args: readonly string[],
  { print, environment, ...patience }: DoctorOptions,
): Promise<number> {
  const wishes = readWishes(args);
  if (!wishes) {
    print(`Not understood. ${usage}`);
    return misconfigured;
  }
  const read = readConfig(environment);
  const secrets = read.kind === 'ok' ? secretsOf(read.config) : [];
  if (wishes.provider !== undefined) {
    return await onProvider(wishes, wishes.provider, { secrets, print, environment, patience });
  }
  if (read.kind === 'bad') {
    for (const mistake of read.mistakes) print(mistake);
    return misconfigured;
  }
  const report = new Report(print, secrets);
  if (!wishes.isOffline) report.line(cost);
  const { dataDir, databaseUrl } = read.config;
  const isUsable = databaseUrl
    ? await onDatabase(databaseUrl, patience, report)
    : examineDataDir(dataDir, patience.clock.wallMs(), report);
  const code = await examineConfigured(read.config, wishes.isOffline, patience, report);
  return isUsable ? code : 1;
}

/** Nothing of PostgreSQL is loaded where there is none. */
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
  { keyEnv, named, isOffline }: Wishes,
  baseUrl: string,
  { secrets, print, environment, patience }: Surroundings,
): Promise<number> {
  const apiKey = keyEnv === undefined ? undefined : readSecret(keyEnv, environment);
  if (keyEnv !== undefined && !apiKey) {
    print(`The variable named by --key-env is not set. ${usage}`);
    return misconfigured;
  }
  const report = new Report(print, [...secrets, ...(apiKey ? [apiKey] : [])]);
  if (isOffline) {
    const { chat } = pickModels({ kind: 'not offered' }, named);
    const inUse = { role: 'CHAT_COMPLETION', model: chat.model, baseUrl };
    const known = lifecycle(inUse, { kind: 'not offered' }, patience.clock.wallMs());
    report.findings([ok('address', `${baseUrl}, not asked`), ...(named.chat ? [known] : [])]);
    return 0;
  }
  report.line(cost);
  const address = { baseUrl, ...(apiKey && { apiKey }) };
  const asked = { address, named, ...(keyEnv && { keyName: keyEnv }) };
  return await examineProvider(asked, patience, report);
}
