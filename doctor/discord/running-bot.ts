import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import type { Clock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { dataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';

/** The bot answers at once, or it hangs. */
const askMs = 3_000;
const anyAddress = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** Name of the process that runs with these settings; undefined where there is none. */
export async function runningBot(
  { dataDir, databaseUrl }: Config,
  clock: Clock,
): Promise<string | undefined> {
  const owner = dataDirOwner(dataDir);
  if (owner === 'unnamed') return 'a bot runs with this DATA_DIR';
  if (owner) return `a bot runs as process ${owner.pid} on ${owner.host}`;
  if (!databaseUrl) return undefined;
  const { readDatabaseState } = await import('#src/storage/postgres/database-state.ts');
  const state = await readDatabaseState(databaseUrl, clock).catch(() => undefined);
  const [process] = state?.processes ?? [];
  return process && `a bot runs as ${process.name}`;
}

/**
 * Report of a running bot about itself, asked at its status server; `who` names its process.
 *
 * A visit beside it would take it out of the voice channel where it sits: Discord gives a bot one seat in a server.
 */
export async function askRunningBot(
  who: string,
  status: Config['status'],
): Promise<readonly ReportLine[]> {
  const what = 'running bot';
  const visit = ok('voice link', `not tried: ${who}; the doctor asks that bot instead`);
  const inChannel = 'run /settings check in the channel, or stop the bot and try again';
  if (!status) return [visit, differs(what, 'its status server is off (STATUS_PORT=0)', inChannel)];
  const { host, port } = status;
  const known = anyAddress.get(host) ?? host;
  const url = `http://${known.includes(':') ? `[${known}]` : known}:${port}`;
  try {
    const ready = await textAt(`${url}/readyz`);
    return [visit, ...readyLines(ready), linksLine(await textAt(`${url}/metrics`))];
  } catch {
    const why = `no program answers at ${url}/readyz`;
    return [visit, missing(what, why, `start the bot again, or correct STATUS_PORT; ${inChannel}`)];
  }
}

async function textAt(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(askMs), redirect: 'error' });
  return await response.text();
}

/** Lines as `/readyz` has them: `ok gateway`, `failed store: why`, `trouble link-down: why`. */
function readyLines(text: string): readonly ReportLine[] {
  return text.split('\n').flatMap((line) => {
    const [, state, name = '', why = 'it works'] =
      /^(ok|failed|trouble) ([^:]+)(?:: (.*))?$/.exec(line) ?? [];
    const mend = 'read the log of the bot at that time, and docs/troubleshooting.md';
    if (state === 'ok') return [ok(`bot: ${name}`, why)];
    if (state === 'failed') return [missing(`bot: ${name}`, why, mend)];
    return state === 'trouble' ? [differs(`bot: ${name}`, why, mend)] : [];
  });
}

function linksLine(metrics: string): ReportLine {
  const opened = metricOf(metrics, 'parley_link_open_seconds_count');
  const sent = metricOf(metrics, 'parley_frames_total{what="sent"}');
  const errors = metricOf(metrics, 'parley_link_errors_total');
  const why = `since its start it opened ${opened} voice links and sent ${sent} frames, with ${errors} errors`;
  return ok('bot: voice links', why);
}

function metricOf(metrics: string, name: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
