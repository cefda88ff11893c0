import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { ifInTime } from '#src/base/waiting.ts';
import { readConfig } from '#src/config/config.ts';
import {
  differs,
  type Finding,
  failure,
  missing,
  ok,
  type ProbeDeadline,
  type SpokenClip,
} from '#src/probes/probe.ts';
import { openClient } from '#src/provider/client.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { listModels } from '#src/provider/models/model-list.ts';
import { apiUrl, isOpenAi, type ModelList, standardVoice } from '#src/provider/models/models.ts';
import { readServerVoices } from '#src/speech/openai/server-voices.ts';
import { type Picks, pickModels } from './pick-models.ts';
import { type ExaminedRole, examineRole, rolesOf } from './roles.ts';

export type Address = { readonly baseUrl: string; readonly apiKey?: Secret };

const groups = ['CHAT_COMPLETION', 'SPEECH', 'TRANSCRIPTION', 'REALTIME'] as const;
type Group = (typeof groups)[number];
type Settings = Readonly<Record<string, string>>;

/** A role of a server, as it was tried. */
export type TriedRole = {
  readonly group: string;
  /** `absent`: the server has no such thing, and that is no fault. */
  readonly state: 'usable' | 'absent' | 'broken';
  readonly findings: readonly Finding[];
  /** Settings for `.env`, without keys. */
  readonly settings: Settings;
};

/** Roles that a server can be used for. */
export type ProviderExamination = {
  /** Findings about the server as a whole. */
  readonly findings: readonly Finding[];
  readonly roles: readonly TriedRole[];
  readonly isUsable: boolean;
  /** It refuses the key, or needs one. */
  readonly refusesKey: boolean;
};

/** Tries which roles a server can fill; `tell` gets the findings as they come. */
export async function examineProvider(
  address: Address,
  deadline: ProbeDeadline,
  tell: (findings: readonly Finding[]) => void = () => undefined,
): Promise<ProviderExamination> {
  const server = await readServer(address, deadline);
  const first = await tryRole(groups[0], server, deadline, undefined);
  const refusal = refusalOf(first);
  if (refusal) {
    tell([refusal.finding]);
    return { ...refusal, findings: [refusal.finding], roles: [], isUsable: false };
  }
  tell([...server.findings, ...first.findings]);
  const roles = [first];
  for (const group of groups.slice(1)) {
    const clip = roles.find((one) => one.clip)?.clip;
    const tried = await tryRole(group, server, deadline, clip);
    tell(tried.findings);
    roles.push(tried);
  }
  const states = roles.map(({ state }) => state);
  const isUsable = states.includes('usable') && !states.includes('broken');
  const { findings } = server;
  return { findings, roles, isUsable, refusesKey: false };
}

/** A server that is not there, or refuses the key, is told once: every other role would end the same. */
function refusalOf({ findings, group }: TriedRole) {
  const error = errorIn(findings);
  if (error?.about.status === 401)
    return { finding: failure('key', error, group), refusesKey: true } as const;
  if (error?.code !== 'provider.unreachable') return undefined;
  const mend = 'start that server, or correct its base URL';
  return { finding: missing('address', error.message, mend), refusesKey: false } as const;
}

function errorIn(findings: readonly Finding[]): BotError | undefined {
  const error = findings.find((finding) => finding.error)?.error;
  return error instanceof BotError ? error : undefined;
}

/** A server with its models and voices. */
type Server = Address & {
  readonly list: ModelList;
  readonly voices: readonly string[];
  readonly findings: readonly Finding[];
};

/** Asks for the lists of a server. */
async function readServer(
  { baseUrl: given, apiKey }: Address,
  { clock, deadlineMs }: ProbeDeadline,
): Promise<Server> {
  const baseUrl = apiUrl(given);
  const client = openClient({ baseUrl, apiKey });
  const over = new AbortController();
  const soon = <T>(work: Promise<T>) => ifInTime(work, deadlineMs, clock, over.signal);
  const list = (await soon(listModels(client, over.signal))) ?? { kind: 'not offered' };
  const voices = await soon(readServerVoices(client, over.signal).catch(() => []));
  over.abort(new Error('the lists are read'));
  const found = ok('address', `answers at ${serverName(baseUrl)}`);
  return {
    baseUrl,
    apiKey,
    list,
    voices: voices ?? [],
    findings: [found, modelsOf(list)],
  };
}

const mostNamed = 8;

function modelsOf(list: ModelList): Finding {
  if (list.kind !== 'listed') {
    const why = list.kind === 'unknown' ? list.why : 'the server offers no list';
    return differs('models', why, 'compare your names of models with those of the server');
  }
  const names = list.models.slice(0, mostNamed).map(({ id }) => id.slice(0, 60));
  return ok('models', `${list.models.length} listed: ${names.join(', ')}`);
}

/** Tries the settings that a role may need, one after the other, to the first that work without fault. */
async function tryRole(
  group: Group,
  server: Server,
  deadline: ProbeDeadline,
  clip: SpokenClip | undefined,
): Promise<TriedRole & ExaminedRole> {
  const picks = pickModels(server.list);
  const all: (TriedRole & ExaminedRole)[] = [];
  for (const settings of candidatesFor(group, server, picks)) {
    const tried = await trySettings(group, settings, server, deadline, clip);
    const state = tried.isUsable ? 'usable' : stateOf(tried, group, picks);
    all.push({ ...tried, group, state, settings: tried.isUsable ? settings : {} });
    if (tried.isUsable) break;
  }
  const best = all.find(({ isUsable }) => isUsable) ?? all[0];
  if (!best) throw new Error(`no settings for ${group}`);
  return best;
}

/** A server need not have what no list named. */
function stateOf({ findings }: ExaminedRole, group: Group, picks: Picks): TriedRole['state'] {
  if (group === 'REALTIME') return 'absent';
  const isGuess = picks[group].isGuess;
  const { status = 0 } = errorIn(findings)?.about ?? {};
  return isGuess && [400, 404, 405, 422, 501].includes(status) ? 'absent' : 'broken';
}

/** Settings that may make the server fill a role, the best first. */
function candidatesFor(
  group: Group,
  { baseUrl, voices }: Server,
  picks: Picks,
): readonly Settings[] {
  const address = { [`${group}_BASE_URL`]: baseUrl };
  const { model } = picks[group];
  const plain = { ...address, [`${group}_MODEL`]: model };
  if (group === 'TRANSCRIPTION') return [{ TRANSCRIPTION_BACKEND: 'file', ...plain }];
  if (group !== 'SPEECH') return [plain];
  const isKnown = voices.length === 0 || voices.includes(standardVoice);
  const usual = isKnown ? standardVoice : (voices[0] ?? standardVoice);
  const speech = { SPEECH_BACKEND: 'speech', ...plain, SPEECH_VOICE: usual };
  const read = [
    // A WAV file tells its rate, which raw samples do not.
    { ...speech, SPEECH_FORMAT: 'wav' },
    { ...speech, SPEECH_FORMAT: 'pcm' },
  ];
  if (picks.realtimeSpeech.isGuess) return read;
  const aloud = {
    SPEECH_BACKEND: 'realtime',
    ...address,
    SPEECH_MODEL: picks.realtimeSpeech.model,
    SPEECH_VOICE: standardVoice,
  };
  // OpenAI ends its models on /audio/speech.
  return isOpenAi(baseUrl) ? [aloud, ...read] : [...read, aloud];
}

/** Reads the settings as the bot does, and examines their role. */
async function trySettings(
  group: Group,
  settings: Settings,
  { apiKey }: Address,
  deadline: ProbeDeadline,
  clip: SpokenClip | undefined,
): Promise<ExaminedRole> {
  const key = apiKey ? { [`${group}_API_KEY`]: apiKey.reveal() } : {};
  const pipeline = group === 'REALTIME' ? { PIPELINE: 'realtime' } : {};
  const read = readConfig({ ...settings, ...key, ...pipeline });
  const role =
    read.kind === 'ok' ? rolesOf(read.config).find((one) => one.group === group) : undefined;
  if (role) return await examineRole(role, deadline, clip);
  const why = read.kind === 'bad' ? read.mistakes.join(' ') : 'no such role';
  return {
    findings: [missing('settings', why, 'correct them')],
    isUsable: false,
  };
}
