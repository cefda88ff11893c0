import { waitAtMost } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import {
  type Finding,
  type ProbeDeadline,
  toMissingFinding,
} from '#src/probes/probe.ts';
import { ServerAccess } from '#src/provider/access/server-access.ts';
import {
  formatAddressLine,
  readServerAddress,
} from '#src/provider/access/server-address.ts';
import { openClient } from '#src/provider/api-client.ts';
import { formatFailure, formatServerName } from '#src/provider/models/error-text.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import type { RemoteServer } from '#src/provider/models/standard-models.ts';
import { type PickedModels, pickModels } from './pick-models.ts';

/** A server that refused to fill a role. `group` is the beginning of the names of its settings. */
export type RefusedRole = { readonly group: string; readonly server: RemoteServer };

type RoleGroup = Exclude<keyof PickedModels, 'realtimeSpeech'>;

const endpointsByGroup: Readonly<Record<string, string>> = {
  CHAT_COMPLETION: '/chat/completions',
  SPEECH: '/audio/speech',
  TRANSCRIPTION: '/audio/transcriptions',
};
/** The last version of Azure's API that ends on no day: https://learn.microsoft.com/azure/ai-services/openai/api-version-deprecation */
const azureVersion = '2024-10-21';
const maxNamedModels = 3;
const refusalStatuses = new Set([400, 404, 405, 422]);
/** Some servers answer an unknown path with status 200. */
const noPathAnswer = /web page|unexpected endpoint|unknown (?:endpoint|path|route)/i;
const modelWord = /\bmodels?\b|\bdeployments?\b/i;

/**
 * Adds to a failed finding what else the server says: which models it lists, and whether it has the endpoint at all.
 *
 * @example
 * import { explainRefusal } from '#doctor/explain-refusal.ts';
 * import { realClock } from '#src/base/clock.ts';
 * import type { Finding } from '#src/probes/probe.ts';
 *
 * declare const finding: Finding;
 * const server = { baseUrl: 'http://127.0.0.1:8000/v1', model: 'kokoro' };
 * const deadline = { clock: realClock, deadlineMs: 5_000 };
 * const { mend } = await explainRefusal(finding, { group: 'SPEECH', server }, deadline);
 * console.log(mend);
 */
export async function explainRefusal(
  finding: Finding,
  role: RefusedRole,
  { clock, deadlineMs }: ProbeDeadline,
): Promise<Finding> {
  const { error } = finding;
  if (finding.verdict === 'ok' || !(error instanceof BotError)) return finding;
  const cancellation = new AbortController();
  const explained = await waitAtMost(
    explainError(finding.subject, error, role, cancellation.signal).catch(
      () => undefined,
    ),
    deadlineMs,
    clock,
    cancellation.signal,
  );
  cancellation.abort(new Error('the refusal is explained'));
  return explained ? { ...explained, error } : finding;
}

async function explainError(
  subject: string,
  error: BotError,
  role: RefusedRole,
  signal: AbortSignal,
) {
  const { remedy = '', serverMessage = '', status = 0 } = error.about;
  if (status === 401 && readServerAddress(role.server.baseUrl).login) {
    const { addressSetting = `${role.group}_BASE_URL` } = role.server;
    const mend = `correct user and password in ${addressSetting}`;
    return toMissingFinding(subject, formatFailure(error), mend);
  }
  const isPage =
    error.code === 'provider.wrong_type' &&
    noPathAnswer.test(`${error.message} ${serverMessage}`);
  if (!isPage && !refusalStatuses.has(status)) return undefined;
  if (modelWord.test(`${remedy} ${serverMessage}`)) {
    const mend = await findModelRemedy(role, signal);
    return mend && toMissingFinding(subject, formatFailure(error), mend);
  }
  const isPath = isPage || status === 404 || status === 405;
  return isPath ? await explainMissingPath(subject, role, signal) : undefined;
}

/** Undefined if the server lists no models, or the one that is set. */
async function findModelRemedy({ group, server }: RefusedRole, signal: AbortSignal) {
  const list = await listModels(openClient(server), signal);
  if (list.kind !== 'listed' || list.models.length === 0) return undefined;
  const isListed = list.models.some(
    ({ id }) => id === server.model || id.endsWith(`/${server.model}`),
  );
  if (isListed) return undefined;
  const { isGuess, model } =
    pickModels(list)[group.replace('_FALLBACK', '') as RoleGroup];
  if (!isGuess) return `set ${group}_MODEL=${model}, which it lists`;
  const names = list.models.slice(0, maxNamedModels).map(({ id }) => id);
  return `it lists no model for this: ${names.join(', ')}; choose another server for ${group}_BASE_URL`;
}

async function explainMissingPath(
  subject: string,
  { group, server }: RefusedRole,
  signal: AbortSignal,
) {
  const endpoint = endpointsByGroup[group.replace('_FALLBACK', '')];
  if (endpoint === undefined) return undefined;
  const { addressSetting = `${group}_BASE_URL`, baseUrl } = server;
  const url = new URL(baseUrl);
  const lacks = `${formatServerName(baseUrl)} has no ${endpoint}`;
  if (/\/deployments\//.test(url.pathname) && !url.searchParams.has('api-version')) {
    url.searchParams.set('api-version', azureVersion);
    const line = `set ${addressSetting}=${formatAddressLine(url.href)}`;
    return toMissingFinding(subject, `${lacks} without a version of the API`, line);
  }
  if (group.startsWith('TRANSCRIPTION') && (await hasInferencePath(baseUrl, signal))) {
    const path = `${url.pathname.replace(/(?<!\/)\/+$/, '')}${endpoint}`;
    return toMissingFinding(
      subject,
      `whisper.cpp's server recognises at /inference alone: ${lacks}`,
      `start it with --inference-path ${path}`,
    );
  }
  const access = new ServerAccess(server);
  const givenUrl = access.baseUrl;
  if (!(await access.findBaseUrl(signal))) return undefined;
  if (access.baseUrl !== givenUrl)
    return toMissingFinding(
      subject,
      `${lacks}: its API is at ${formatServerName(access.baseUrl)}`,
      `set ${addressSetting}=${formatAddressLine(access.address)}`,
    );
  return toMissingFinding(
    subject,
    `the server answers, but ${lacks}`,
    `set ${group}_BASE_URL to a server that has ${endpoint}`,
  );
}

/** The path of whisper.cpp's server without --inference-path. It gets no key. */
async function hasInferencePath(baseUrl: string, signal: AbortSignal) {
  const { body, status } = await fetch(new URL('/inference', new URL(baseUrl).origin), {
    method: 'POST',
    body: '',
    redirect: 'manual',
    signal,
  });
  await body?.cancel();
  return status !== 404 && status !== 405 && !(status >= 300 && status < 400);
}
