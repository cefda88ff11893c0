import { hostname } from 'node:os';
import type { z } from 'zod';
import { Secret } from '#src/base/secret.ts';
import { isOpenAi, standardModels, standardVoice } from '#src/provider/models/models.ts';
import { budgetMistakes, readBudget } from './budget.ts';
import { readDeadlines } from './deadlines.ts';
import { readExternalTools } from './external-tools.ts';
import { fallbackMistakes, readFallbacks } from './fallbacks.ts';
import { groups, type SettingGroup, serverAt } from './keys.ts';
import { readRealtime, realtimeMistakes } from './realtime.ts';
import { removedLimits } from './removed-settings.ts';
import { readServers } from './servers.ts';
import { type EnvironmentSettings, isHttpUrl, listed, settingNames, settings } from './settings.ts';
import { readShardRange } from './shard-range.ts';
import { speechMistakes, speechOf } from './speech.ts';
import type { AudioModel, Config, ConfigResult, Embedded, RemoteServer } from './types.ts';

/** The environment of this process, for a program that examines it as a whole. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/** Reads the environment once; a setting left empty counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): ConfigResult {
  const given = Object.fromEntries(
    Object.keys(settings.shape)
      .map((name) => [name, environment[name]?.trim()] as const)
      .filter(([, value]) => value),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) return { kind: 'bad', mistakes: parsed.error.issues.map(sentence) };
  const tools = readExternalTools(parsed.data, environment);
  const toolMistakes = tools.kind === 'bad' ? tools.mistakes : [];
  const shardRange = readShardRange(parsed.data, environment.HOSTNAME ?? hostname());
  const mistakes = [
    ...Object.entries(removedLimits)
      .filter(([name]) => environment[name]?.trim())
      .map(([name, instead]) => `${name}: is no limit any more. ${instead}`),
    ...contradictions(parsed.data),
    ...(typeof shardRange === 'string' ? [shardRange] : []),
    ...impossibleModels(parsed.data),
    ...toolMistakes,
  ];
  if (tools.kind === 'bad' || typeof shardRange === 'string' || mistakes.length > 0)
    return { kind: 'bad', mistakes };
  const { PATH: searchPath = '' } = environment;
  const externalTools = tools.tools;
  const range = shardRange && { shardRange };
  const more = { searchPath, externalTools, given: changedSettings(given), ...range };
  return { kind: 'ok', config: { ...arrange(parsed.data), ...more } };
}

/** Names of the settings that were given another value than the standard one. */
function changedSettings(given: Readonly<Record<string, string | undefined>>): ReadonlySet<string> {
  const standard = settingNames();
  return new Set(Object.keys(given).filter((name) => given[name] !== standard.get(name)));
}

/** A key held by a variable of the environment that is no setting. */
export function readSecret(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
): Secret | undefined {
  const value = environment[name]?.trim();
  return value ? new Secret(value) : undefined;
}

function sentence({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message.replace(/^Invalid option: expected one of /, 'must be one of ').replace(/^Invalid input: expected /, 'must be ')}`;
}

/** Complaints about models that exist and that no request of the bot can reach, one sentence each. */
function impossibleModels(from: EnvironmentSettings): string[] {
  return Object.entries(from)
    .filter(
      ([name, value]) =>
        /_MODEL(_NAME)?$/.test(name) && listed(`${value}`).some((one) => /^gpt-live-\d/.test(one)),
    )
    .map(
      ([name, value]) =>
        `${name}: ${value} answers only over OpenAI's Live API, which the bot does not support; for spoken conversations use ${standardModels.realtime}`,
    );
}

function contradictions(from: EnvironmentSettings): string[] {
  const role = from.CONSENT_POLICY === 'role' && !from.CONSENT_ROLE_ID;
  const voice = remote(from, 'SPEECH', '');
  return [
    ...missingKeys(from),
    ...pageMistakes(from),
    ...budgetMistakes(from),
    ...realtimeWithout(from),
    ...speakersWithout(from),
    ...realtimeMistakes(from),
    ...fallbackMistakes(
      from,
      groups.filter((group) => remote(from, group, '').kind === 'embedded'),
    ),
    ...(voice.kind === 'remote' ? speechMistakes(from, voice) : []),
    ...(role
      ? ['CONSENT_ROLE_ID: missing; CONSENT_POLICY=role needs the role of people who agreed']
      : []),
  ];
}

function realtimeWithout(from: EnvironmentSettings): string[] {
  const { TRANSCRIPTION_BACKEND: backend, TRANSCRIPTION_BASE_URL: baseUrl = '' } = from;
  if (backend === 'file') {
    return isHttpUrl(baseUrl || 'http://none')
      ? []
      : ['TRANSCRIPTION_BASE_URL: a WebSocket address needs TRANSCRIPTION_BACKEND=realtime'];
  }
  if (remote(from, 'TRANSCRIPTION', '').kind === 'embedded')
    return [
      'TRANSCRIPTION_BACKEND: realtime needs a server; set TRANSCRIPTION_BASE_URL or OPENAI_API_KEY',
    ];
  return (from.TRANSCRIPTION_MODEL ?? []).length <= 1
    ? []
    : ['TRANSCRIPTION_MODEL: a choice of models needs TRANSCRIPTION_BACKEND=file'];
}

/** Complaints about settings that ask for more than the embedded engines can do, one sentence each. */
function speakersWithout(from: EnvironmentSettings): string[] {
  const { SPEECH_BACKEND: backend = 'speech' } = from;
  const needs = [
    ['PIPELINE: audio-model', hearing(from), 'CHAT_COMPLETION'],
    [`SPEECH_BACKEND: ${backend}`, backend !== 'speech', 'SPEECH'],
  ] as const;
  return needs
    .filter(([, wanted, group]) => wanted && remote(from, group, '').kind === 'embedded')
    .map(([what, , group]) => `${what} needs a server; set ${group}_BASE_URL or OPENAI_API_KEY`);
}

function hearing({ PIPELINE: pipeline }: EnvironmentSettings): boolean {
  return pipeline === 'audio-model';
}

/** OpenAI itself needs a key; servers of one's own may not. */
function missingKeys(from: EnvironmentSettings): string[] {
  return groups
    .filter((group) => {
      const role = remote(from, group, '');
      return role.kind === 'remote' && !role.apiKey && isOpenAi(role.baseUrl);
    })
    .map(
      (group) =>
        `${group}_API_KEY: missing; OpenAI needs a key; for your own server set ${group}_BASE_URL`,
    );
}

function arrange(
  from: EnvironmentSettings,
): Omit<Config, 'searchPath' | 'externalTools' | 'given'> {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl } = from;
  const messageContent = from.MESSAGE_CONTENT === 'on';
  const realtime = readRealtime(from);
  const [name, ...otherNames] = listed(from.BOT_NAME);
  return {
    discord: token && {
      token,
      apiUrl,
      messageContent,
    },
    servers: readServers(from),
    shards: from.SHARDS,
    pipeline: from.PIPELINE,
    audioModel: audioModel(from),
    realtime,
    chat: chat(from),
    transcription: transcription(from),
    speech: speech(from),
    fallbacks: readFallbacks(from),
    deadlines: readDeadlines(from),
    consent: consent(from),
    addressing: from.ADDRESSING,
    messageContent,
    bot: { name, otherNames, instructions: from.BOT_INSTRUCTIONS },
    allowedHosts: listed(from.TRACK_ALLOWED_HOSTS),
    budget: readBudget(from),
    dataDir: from.DATA_DIR,
    databaseUrl: from.DATABASE_URL,
    status: status(from),
    operatorWebhook: from.OPERATOR_WEBHOOK,
    page: page(from),
    logLevel: from.LOG_LEVEL,
  };
}

function status(from: EnvironmentSettings): Config['status'] {
  const { STATUS_HOST: host, STATUS_PORT: port } = from;
  return port > 0 ? { host, port } : undefined;
}

function page(from: EnvironmentSettings): Config['page'] {
  const { PAGE_HOST: host, PAGE_PORT: port, PAGE_URL: publicUrl, API_ORIGINS: origins } = from;
  const apiOrigins = origins ? listed(origins) : undefined;
  return port > 0 ? { host, port, publicUrl, apiOrigins } : undefined;
}

/** Hosts at which only this machine, or a proxy beside it, can ask for the page by a name that is served. */
const localHosts = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']);

function pageMistakes({ PAGE_HOST: host, PAGE_URL: url }: EnvironmentSettings): readonly string[] {
  return url || localHosts.has(host)
    ? []
    : [`PAGE_HOST: ${host} needs PAGE_URL, the https address of your proxy`];
}

function consent({
  CONSENT_POLICY: policy,
  CONSENT_ROLE_ID: roleId = '',
}: EnvironmentSettings): Config['consent'] {
  return policy === 'role' ? { policy, roleId } : { policy };
}

function transcription(from: EnvironmentSettings): Config['transcription'] {
  const { TRANSCRIPTION_BACKEND: backend, TRANSCRIPTION_LANGUAGE: language } = from;
  const model =
    backend === 'realtime' ? standardModels.liveTranscription : standardModels.transcription;
  const role = remote(from, 'TRANSCRIPTION', model);
  if (role.kind === 'embedded') return role;
  return { ...role, models: from.TRANSCRIPTION_MODEL ?? [role.model], backend, language };
}

function chat(from: EnvironmentSettings): Config['chat'] {
  const hears = hearing(from) && !from.AUDIO_MODEL_NAME;
  return remote(from, 'CHAT_COMPLETION', hears ? standardModels.audioChat : standardModels.chat);
}

/** Name of the audio model. The chat model need not hear as long as the pipeline is `chained`. */
function audioModelNamed(from: EnvironmentSettings): string | undefined {
  const role = chat(from);
  if (role.kind === 'embedded') return undefined;
  const standard = isOpenAi(role.baseUrl) ? standardModels.audioChat : undefined;
  return from.AUDIO_MODEL_NAME ?? (hearing(from) ? role.model : standard);
}

function audioModel(from: EnvironmentSettings): AudioModel {
  const { AUDIO_MODEL_INPUT: input, SPEECH_VOICE: voice = standardVoice } = from;
  const { AUDIO_MODEL_TRANSCRIPTION_MODEL: transcriptionModel } = from;
  const { AUDIO_MODEL_SPEECH_MODEL: speechModel } = from;
  const model = audioModelNamed(from);
  return {
    input,
    voice,
    model,
    transcriptionModel,
    speechModel,
  };
}

function speech(from: EnvironmentSettings): Config['speech'] {
  const { SPEECH_VOICE: voice, SPEECH_BACKEND: backend, SPEECH_MODEL: models } = from;
  const role = remote(from, 'SPEECH', '');
  if (role.kind === 'embedded') return { ...role, voice };
  const chosen = speechOf(role, backend, voice, from);
  return { ...chosen, models: models ?? chosen.models };
}

/** A group with an address of its own brings its own key. */
function remote(
  from: EnvironmentSettings,
  group: SettingGroup,
  standardModel: string,
): RemoteServer | Embedded {
  const own = from[`${group}_BASE_URL`];
  const isNamed = own ?? from[`${group}_MODEL`] ?? from[`${group}_API_KEY`];
  const shared =
    from.OPENAI_API_KEY ?? from.OPENAI_BASE_URL !== settings.shape.OPENAI_BASE_URL.parse(undefined);
  if (!isNamed && !shared) return { kind: 'embedded' };
  return serverAt(own ?? from.OPENAI_BASE_URL, from, group, standardModel);
}
