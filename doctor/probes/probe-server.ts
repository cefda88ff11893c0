import { differs, missing, ok, type ReportLine } from '#doctor/finding.ts';
import { attempt, openServerUnderTest, type ServerUnderTest } from '#doctor/server-under-test.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import type { ModelList } from '#src/provider/models/models.ts';

export type ProbedServer = {
  /** Server at the base URL that works. */
  readonly server: ServerUnderTest;
  readonly list: ModelList;
  readonly findings: readonly ReportLine[];
  readonly reachable: boolean;
};

const mostNamed = 8;
const skewLimitMs = 30_000;

/** Finds the address that answers, with `/v1` or without, and the server's models and clock. */
export async function probeServer(given: ServerUnderTest): Promise<ProbedServer> {
  const asked = await askModels(given);
  const bare = given.baseUrl.replace(/\/v1\/?$/, '');
  if (asked.status !== 404 || bare === given.baseUrl) return serverOf(given, asked);
  const other = openServerUnderTest({ ...given, baseUrl: bare }, given);
  const second = await askModels(other);
  const isThere = second.list.kind === 'listed' && !other.base.completed;
  return isThere ? serverOf(other, second) : serverOf(given, asked);
}

const addressMend = 'start that server, or correct its base URL';
const clockMend = 'synchronise both clocks (systemd-timesyncd or chrony)';

type ServerReply = { readonly list: ModelList; readonly status: number; readonly date?: string };

async function askModels(server: ServerUnderTest): Promise<ServerReply> {
  const asked = await attempt(server, (signal) => listModels(server.client, signal));
  const { status = 0, date } = server.recorded.last ?? {};
  const list: ModelList =
    asked.kind === 'done' ? asked.value : { kind: 'unknown', why: asked.error.message };
  return { list, status, ...(date && { date }) };
}

function serverOf(server: ServerUnderTest, { list, status, date }: ServerReply): ProbedServer {
  const reachable = status > 0;
  const findings = [
    reachable
      ? addressOf(server)
      : missing('address', list.kind === 'unknown' ? list.why : '', addressMend),
    ...(reachable ? [modelsOf(list)] : []),
    ...(date ? [clockOf(date, server.clock.wallMs())] : []),
  ];
  return { server, list, findings, reachable };
}

function addressOf({ base, baseUrl }: ServerUnderTest): ReportLine {
  if (base.completed) {
    const name = serverName(base.url);
    return differs('address', `the base URL needs /v1: ${name}`, `set it to ${name}`);
  }
  return ok('address', `answers at ${serverName(baseUrl)}`);
}

function modelsOf(list: ModelList): ReportLine {
  switch (list.kind) {
    case 'not offered':
      return differs(
        'models',
        'the server offers no list: the doctor cannot check names of models',
        'compare your names of models with those that the server was started with',
      );
    case 'unknown':
      return differs(
        'models',
        `the server sent no list: ${list.why}`,
        'check the key and the address',
      );
    case 'listed': {
      const names = list.models.slice(0, mostNamed).map(({ id }) => id.slice(0, 60));
      const more = list.models.length - names.length;
      return ok(
        'models',
        `${list.models.length} listed: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
      );
    }
  }
}

function clockOf(date: string, wallMs: number): ReportLine {
  const skewMs = Date.parse(date) - wallMs;
  if (Number.isNaN(skewMs)) return differs('clock', 'the server sends an invalid date', clockMend);
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= skewLimitMs) return ok('clock', 'agrees with this machine');
  const which = skewMs > 0 ? 'ahead of' : 'behind';
  return differs('clock', `the server's clock is ${seconds} s ${which} this machine`, clockMend);
}
