import { waitAtMost } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { readConfig } from '#src/config/config.ts';
import {
  type Finding,
  type ProbeDeadline,
  type SpokenClip,
  toDifferingFinding,
  toFailureFinding,
  toMissingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';
import { ServerAccess } from '#src/provider/access/server-access.ts';
import { openClient } from '#src/provider/api-client.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import {
  isOpenAi,
  type ModelList,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import { fetchServerVoices } from '#src/speech/openai/openai-synthesizer.ts';
import { type ExaminedRole, examineRole, listRoles } from './examine-role.ts';
import { type PickedModels, pickModels } from './pick-models.ts';

/** A server to examine. */
export type ExaminedServer = {
  readonly baseUrl: string;
  readonly apiKey?: Secret;
  /** Model that a person chose for chat. Default: picked from the server's list. */
  readonly chatModel?: string;
  /** Roles to try. Default: all. */
  readonly groups?: readonly ExaminedGroup[];
};

const examinedGroups = [
  'CHAT_COMPLETION',
  'SPEECH',
  'TRANSCRIPTION',
  'REALTIME',
] as const;
/** Beginnings of the names of settings, by role. */
export type ExaminedGroup = (typeof examinedGroups)[number];
type RoleSettings = Readonly<Record<string, string>>;

/** A role of a server, by the best of the tried settings. */
export type TriedRole = {
  readonly group: string;
  /** `absent` means the server does not offer this role, which is no fault. */
  readonly state: 'usable' | 'absent' | 'broken';
  readonly findings: readonly Finding[];
  /** Lines for `.env` that make the server fill the role. They hold no key. */
  readonly settings: RoleSettings;
};

/** Findings about a server, and about each role that it may fill. */
export type ProviderExamination = {
  readonly findings: readonly Finding[];
  readonly roles: readonly TriedRole[];
  readonly isUsable: boolean;
  /** The server answered 401. */
  readonly refusesKey: boolean;
};

/**
 * Tries each role of a server. `onFindings` is called for each role.
 *
 * @example
 * import { examineProvider } from '#doctor/examine-provider.ts';
 * import { realClock } from '#src/base/clock.ts';
 *
 * declare const baseUrl: string;
 * const { roles } = await examineProvider({ baseUrl }, { clock: realClock, deadlineMs: 60_000 });
 * for (const { group, settings, state } of roles) console.log(group, state, settings);
 */
export async function examineProvider(
  address: ExaminedServer,
  deadline: ProbeDeadline,
  onFindings: (findings: readonly Finding[]) => void = () => undefined,
): Promise<ProviderExamination> {
  const server = await readServerLists(address, deadline);
  const { groups = examinedGroups } = address;
  const [firstGroup = 'CHAT_COMPLETION', ...furtherGroups] = examinedGroups.filter(
    (group) => groups.includes(group),
  );
  const firstRole = await tryRoleSettings(firstGroup, server, deadline, undefined);
  const refusal = findRefusal(firstRole);
  if (refusal) {
    onFindings([refusal.finding]);
    return { ...refusal, findings: [refusal.finding], roles: [], isUsable: false };
  }
  onFindings([...server.findings, ...firstRole.findings]);
  const roles = [firstRole];
  for (const group of furtherGroups) {
    const clip = roles.find((role) => role.clip)?.clip;
    const tried = await tryRoleSettings(group, server, deadline, clip);
    onFindings(tried.findings);
    roles.push(tried);
  }
  const states = roles.map(({ state }) => state);
  const isUsable = states.includes('usable') && !states.includes('broken');
  const { findings } = server;
  return { findings, roles, isUsable, refusesKey: false };
}

/** Finds a failure of every role: nobody listens, or the key is refused. */
function findRefusal({ findings, group }: TriedRole) {
  const error = findBotError(findings);
  if (error?.about.status === 401)
    return {
      finding: toFailureFinding('key', error, group),
      refusesKey: true,
    } as const;
  if (error?.code !== 'provider.unreachable') return undefined;
  return {
    finding: toMissingFinding(
      'address',
      error.message,
      'start that server, or correct its base URL',
    ),
    refusesKey: false,
  } as const;
}

function findBotError(findings: readonly Finding[]) {
  const error = findings.find((finding) => finding.error)?.error;
  return error instanceof BotError ? error : undefined;
}

type ListedServer = ExaminedServer & {
  readonly models: ModelList;
  readonly voices: readonly string[];
  readonly findings: readonly Finding[];
};

/** Reads models and voices of a server, which need not list them. */
async function readServerLists(
  { baseUrl: address, apiKey, chatModel }: ExaminedServer,
  { clock, deadlineMs }: ProbeDeadline,
) {
  const access = new ServerAccess({ baseUrl: address, apiKey });
  const cancellation = new AbortController();
  const { signal } = cancellation;
  const withinDeadline = <T>(work: Promise<T>) =>
    waitAtMost(work, deadlineMs, clock, signal);
  const givenUrl = access.baseUrl;
  // Each role reports a server that cannot be reached.
  await withinDeadline(access.findBaseUrl(signal).catch(() => false));
  const baseUrl = access.address;
  const client = openClient({ baseUrl, apiKey });
  const models = (await withinDeadline(listModels(client, signal))) ?? {
    kind: 'not offered',
  };
  const voices = await withinDeadline(
    fetchServerVoices(client, signal).catch(() => []),
  );
  cancellation.abort(new Error('the lists are read'));
  return {
    baseUrl,
    apiKey,
    chatModel,
    models,
    voices: voices ?? [],
    findings: [toAddressFinding(givenUrl, access.baseUrl), toModelsFinding(models)],
  };
}

function toAddressFinding(givenUrl: string, baseUrl: string) {
  const answers = `answers at ${formatServerName(baseUrl)}`;
  if (givenUrl === baseUrl) return toOkFinding('address', answers);
  const [givenPath, path] = [givenUrl, baseUrl].map((url) => new URL(url).pathname);
  return toDifferingFinding(
    'address',
    `${answers}, whose path is ${path}, not ${givenPath}`,
    `end the base URL in ${path}, as in the settings below`,
  );
}

const maxNamedModels = 8;

function toModelsFinding(list: ModelList) {
  if (list.kind !== 'listed') {
    const reason = list.kind === 'unknown' ? list.why : 'the server offers no list';
    return toDifferingFinding(
      'models',
      reason,
      'compare your names of models with those of the server',
    );
  }
  const names = list.models.slice(0, maxNamedModels).map(({ id }) => id.slice(0, 60));
  return toOkFinding('models', `${list.models.length} listed: ${names.join(', ')}`);
}

async function tryRoleSettings(
  group: ExaminedGroup,
  server: ListedServer,
  deadline: ProbeDeadline,
  clip: SpokenClip | undefined,
) {
  const picks = pickServerModels(server);
  const triedRoles: (TriedRole & ExaminedRole)[] = [];
  const candidates: readonly RoleSettings[] = listCandidateSettings(
    group,
    server,
    picks,
  );
  // What one trial advises is tried, too.
  const advised: RoleSettings[] = [];
  for (const settings of joinLists<RoleSettings>(candidates, advised)) {
    const tried = await examineSettings(group, settings, server, deadline, clip);
    const state = tried.isUsable ? 'usable' : judgeRoleState(tried, group, picks);
    triedRoles.push({
      ...tried,
      group,
      state,
      settings: tried.isUsable ? { ...settings, ...collectSettings(tried) } : {},
    });
    if (tried.isUsable) break;
    const advice = collectSettings(tried);
    const isNew = candidates.includes(settings) && Object.keys(advice).length > 0;
    if (isNew) advised.push({ ...settings, ...advice });
  }
  const best = triedRoles.find((tried) => tried.isUsable) ?? triedRoles[0];
  if (!best) throw new Error(`no settings for ${group}`);
  return best;
}

function pickServerModels({ chatModel: model, models }: ListedServer): PickedModels {
  const picks = pickModels(models);
  if (model === undefined) return picks;
  return { ...picks, CHAT_COMPLETION: { model, isGuess: false } };
}

/** The second list may grow while the first one is read. */
function* joinLists<T>(first: readonly T[], second: readonly T[]) {
  yield* first;
  yield* second;
}

/** Collects the settings that findings advise: "set SPEECH_RATE_HZ=22050, or ...". */
function collectSettings({ findings }: ExaminedRole): RoleSettings {
  const settings: Record<string, string> = {};
  for (const { mend = '' } of findings) {
    const [, name, value = ''] = /^set ([A-Z_]+)=([^\s,]+)/.exec(mend) ?? [];
    if (name === undefined || name.endsWith('_BASE_URL')) continue;
    const isList = name.endsWith('_WITHOUT') && settings[name] !== undefined;
    settings[name] = isList ? `${settings[name]},${value}` : value;
  }
  return settings;
}

/** Judges a failed role. It is absent if its guessed model is refused. */
function judgeRoleState(
  { findings }: ExaminedRole,
  group: ExaminedGroup,
  picks: PickedModels,
) {
  if (group === 'REALTIME') return 'absent';
  const isGuess = picks[group].isGuess;
  const { status = 0 } = findBotError(findings)?.about ?? {};
  return isGuess && [400, 404, 405, 422, 501].includes(status) ? 'absent' : 'broken';
}

/** The best first. */
function listCandidateSettings(
  group: ExaminedGroup,
  { baseUrl, voices }: ListedServer,
  picks: PickedModels,
) {
  const address = { [`${group}_BASE_URL`]: baseUrl };
  const { model } = picks[group];
  const modelSettings = { ...address, [`${group}_MODEL`]: model };
  if (group === 'TRANSCRIPTION')
    return [{ TRANSCRIPTION_BACKEND: 'file', ...modelSettings }];
  if (group !== 'SPEECH') return [modelSettings];
  const isKnown = voices.length === 0 || voices.includes(standardVoice);
  const voice = isKnown ? standardVoice : (voices[0] ?? standardVoice);
  const speech = { SPEECH_BACKEND: 'speech', ...modelSettings, SPEECH_VOICE: voice };
  const speechSettings = [
    // The header of a WAV file names the sample rate, which raw samples do not.
    { ...speech, SPEECH_FORMAT: 'wav' },
    { ...speech, SPEECH_FORMAT: 'pcm' },
  ];
  if (picks.realtimeSpeech.isGuess) return speechSettings;
  const realtimeSettings = {
    SPEECH_BACKEND: 'realtime',
    ...address,
    SPEECH_MODEL: picks.realtimeSpeech.model,
    SPEECH_VOICE: standardVoice,
  };
  // OpenAI retires the models of /audio/speech: https://platform.openai.com/docs/deprecations
  return isOpenAi(baseUrl)
    ? [realtimeSettings, ...speechSettings]
    : [...speechSettings, realtimeSettings];
}

/** Finds mistakes in the settings as the bot does. */
async function examineSettings(
  group: ExaminedGroup,
  settings: RoleSettings,
  { apiKey }: ExaminedServer,
  deadline: ProbeDeadline,
  clip: SpokenClip | undefined,
) {
  const key = apiKey ? { [`${group}_API_KEY`]: apiKey.reveal() } : {};
  const pipeline = group === 'REALTIME' ? { PIPELINE: 'realtime' } : {};
  const read = readConfig({ ...settings, ...key, ...pipeline });
  const configuredRole =
    read.kind === 'ok'
      ? listRoles(read.config.engines).find((role) => role.group === group)
      : undefined;
  if (configuredRole) return await examineRole(configuredRole, deadline, clip);
  const reason = read.kind === 'bad' ? read.mistakes.join(' ') : 'no such role';
  return {
    findings: [toMissingFinding('settings', reason, 'correct them')],
    isUsable: false,
  };
}
