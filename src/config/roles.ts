import { getErrorMessage } from '#src/base/errors.ts';
import { Secret } from '#src/base/secret.ts';
import { type EngineChoice, roles } from '#src/engines/engine.ts';
import {
  chooseEngine,
  fileBackend,
  getEngine,
  listServerEngines,
  localBackend,
  resolveEngine,
} from '#src/engines/engines.ts';
import {
  geminiUrl,
  isGeminiModel,
  isModelFolder,
  isOpenAi,
  type RemoteServer,
  standardModels,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import { type ProviderRole, providerRoles } from '#src/provider/provider-event.ts';
import { type EnvironmentSettings, settings } from './settings.ts';

/** First parts of the names of settings. */
export type SettingGroup = (typeof roles)[ProviderRole]['group'];
export const groups: readonly SettingGroup[] = providerRoles.map(
  (role) => roles[role].group,
);
type Prefix = SettingGroup | `${SettingGroup}_FALLBACK`;

/** Builds a server. The shared key is only for the shared address. */
function toRemoteServer(
  baseUrl: string,
  from: EnvironmentSettings,
  prefix: Prefix | TalkPrefix,
  standardModel: string,
): RemoteServer {
  const { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey } = from;
  const copy =
    sharedKey && baseUrl === shared ? new Secret(sharedKey.reveal()) : undefined;
  const apiKey = from[`${prefix}_API_KEY`] ?? copy;
  const [model = standardModel] = listNamedModels(from, prefix);
  return { baseUrl, model, apiKey };
}

function listNamedModels(from: EnvironmentSettings, prefix: Prefix | TalkPrefix) {
  return [from[`${prefix}_MODEL`] ?? []].flat();
}

/** Chooses the engine of a role. Throws as `loadEngine` does. */
export function readRole(from: EnvironmentSettings, role: ProviderRole): EngineChoice {
  const { backend, group } = roles[role];
  const backendName = from[backend] ?? findUsualBackend(from, role);
  if (backendName === localBackend) return readLocal(from, role, group);
  const ownUrl = from[`${group}_BASE_URL`];
  const isNamed = ownUrl ?? from[`${group}_MODEL`] ?? from[`${group}_API_KEY`];
  const shared =
    from.OPENAI_API_KEY ??
    from.OPENAI_BASE_URL !== settings.shape.OPENAI_BASE_URL.parse(undefined);
  if (
    backendName !== undefined &&
    listServerEngines(role).every(({ name }) => name !== backendName)
  )
    return toEngineChoice(ownUrl ?? '', from, role, group, backendName);
  if (isNamed || shared)
    return toEngineChoice(
      ownUrl ?? from.OPENAI_BASE_URL,
      from,
      role,
      group,
      backendName,
    );
  return readLocal(from, role, group);
}

/** Finds the engine that a file or folder of a model calls for. Undefined without one. */
function findUsualBackend(from: EnvironmentSettings, role: ProviderRole) {
  const values: Readonly<Record<string, unknown>> = { ...from };
  if (role === 'chat' && values.CHAT_MODEL_FILE !== undefined) return fileBackend;
  return findModelFolder(from, roles[role].group) && localBackend;
}

export function readFallback(
  from: EnvironmentSettings,
  role: ProviderRole,
): EngineChoice | undefined {
  const prefix = `${roles[role].group}_FALLBACK` as const;
  const baseUrl = from[`${prefix}_BASE_URL`];
  if (baseUrl === undefined) return undefined;
  if (baseUrl !== localBackend)
    return toEngineChoice(baseUrl, from, role, prefix, undefined);
  return readLocal(from, role, prefix);
}

function readLocal(
  from: EnvironmentSettings,
  role: ProviderRole,
  prefix: Prefix,
): EngineChoice {
  const { instructions: _, ...manner } = readManner(from, role, prefix, undefined);
  return { kind: 'local', model: findModelFolder(from, prefix) ?? '', ...manner };
}

function findModelFolder(from: EnvironmentSettings, prefix: Prefix) {
  return listNamedModels(from, prefix).slice(0, 1).find(isModelFolder);
}

function toEngineChoice(
  baseUrl: string,
  from: EnvironmentSettings,
  role: ProviderRole,
  prefix: Prefix,
  backendName: string | undefined,
): EngineChoice {
  const named = listNamedModels(from, prefix);
  const engine = backendName
    ? getEngine(role, backendName)
    : chooseEngine(role, baseUrl, named[0] ?? '');
  const { price, settings: declared = {}, standardModel } = engine;
  const hears =
    prefix === 'CHAT_COMPLETION' &&
    from.PIPELINE === 'audio-model' &&
    !from.AUDIO_MODEL_NAME;
  // A server of one's own may lack this voice, but names those that it has.
  const usualVoice = isOpenAi(baseUrl) || engine.isSocket ? standardVoice : undefined;
  const usualModel = hears ? standardModels.audioChat : standardModel;
  const server = toRemoteServer(baseUrl, from, prefix, usualModel ?? '');
  const values: Readonly<Record<string, unknown>> = { ...from };
  const ownAddress = `${prefix}_BASE_URL` as const;
  return {
    ...server,
    addressSetting: from[ownAddress] === undefined ? 'OPENAI_BASE_URL' : ownAddress,
    ...readManner(from, role, prefix, usualVoice),
    dataDir: from.DATA_DIR,
    kind: standardModel === undefined ? 'outside' : 'remote',
    backend: backendName ?? engine.name,
    price,
    models: named.length > 0 ? named : [server.model],
    own: Object.fromEntries(Object.keys(declared).map((name) => [name, values[name]])),
  };
}

function readManner(
  from: VoiceSettings &
    Pick<EnvironmentSettings, 'SPEECH_INSTRUCTIONS' | 'TRANSCRIPTION_LANGUAGE'>,
  role: ProviderRole,
  prefix: Prefix,
  usualVoice: string | undefined,
) {
  if (role === 'speech to text') return { language: from.TRANSCRIPTION_LANGUAGE };
  if (role === 'chat') return {};
  const { SPEECH_INSTRUCTIONS: instructions } = from;
  return { voice: findConfiguredVoice(from, role, prefix) ?? usualVoice, instructions };
}

type VoiceSettings = Pick<
  EnvironmentSettings,
  'SPEECH_FALLBACK_VOICE' | 'SPEECH_VOICE'
>;

function findConfiguredVoice(from: VoiceSettings, role: ProviderRole, prefix: Prefix) {
  if (role !== 'text to speech') return undefined;
  return prefix === 'SPEECH' ? from.SPEECH_VOICE : from.SPEECH_FALLBACK_VOICE;
}

export function findRoleMistakes(from: EnvironmentSettings): string[] {
  return providerRoles.flatMap((role) => {
    try {
      const choice = readRole(from, role);
      return [
        ...findChoiceMistakes(from, role, choice),
        ...findFallbackMistakes(from, role, choice),
      ];
    } catch (error) {
      return [`${roles[role].backend}: ${getErrorMessage(error)}`];
    }
  });
}

function findChoiceMistakes(
  from: EnvironmentSettings,
  role: ProviderRole,
  choice: EngineChoice,
) {
  const { backend, group } = roles[role];
  if (choice.kind === 'outside') return [];
  if (choice.kind === 'local') return findLocalMistakes(from, role, choice.model);
  const { apiKey, baseUrl, models } = choice;
  const { isSocket, name, findObjection } = resolveEngine(role, choice);
  const [otherEngine] = listServerEngines(role).filter(
    (engine) => engine.isSocket !== isSocket,
  );
  const [named = ''] = listNamedModels(from, group);
  const mistakes = [
    !apiKey &&
      isOpenAi(baseUrl) &&
      `${group}_API_KEY: missing; OpenAI needs a key; for your own server set ${group}_BASE_URL`,
    baseUrl.startsWith('ws') &&
      !isSocket &&
      `${group}_BASE_URL: a WebSocket address needs ${backend}=${otherEngine?.name}`,
    isSocket &&
      models.length > 1 &&
      `${group}_MODEL: a choice of models needs ${backend}=${otherEngine?.name}; this is ${name}`,
    findObjection?.(baseUrl, named),
  ];
  return mistakes.filter((mistake) => typeof mistake === 'string');
}

function findLocalMistakes(
  from: EnvironmentSettings,
  role: ProviderRole,
  folder: string,
) {
  const { backend, group } = roles[role];
  if (from[`${group}_MODEL`] !== undefined && folder === '')
    return [
      `${group}_MODEL: local takes the path of a folder, which begins with . or /`,
    ];
  const { [backend]: backendName = localBackend } = from;
  if (backendName === localBackend || !getEngine(role, backendName).isSocket) return [];
  return [
    `${backend}: ${backendName} needs a server; set ${group}_BASE_URL or OPENAI_API_KEY`,
  ];
}

function findFallbackMistakes(
  from: EnvironmentSettings,
  role: ProviderRole,
  engine: EngineChoice,
) {
  const { group } = roles[role];
  const prefix = `${group}_FALLBACK` as const;
  const fallback = readFallback(from, role);
  const others =
    from[`${prefix}_MODEL`] ??
    from[`${prefix}_API_KEY`] ??
    findConfiguredVoice(from, role, prefix);
  if (!fallback)
    return others === undefined
      ? []
      : [`${prefix}_BASE_URL: missing; other settings of this fallback need it`];
  if (engine.kind === 'local')
    return [
      `${prefix}_BASE_URL: a fallback needs a first server; set ${group}_BASE_URL`,
    ];
  const isBarred =
    fallback.kind === 'remote' && !fallback.apiKey && isOpenAi(fallback.baseUrl);
  return isBarred ? [`${prefix}_API_KEY: missing; OpenAI needs a key`] : [];
}

/** The server of a pipeline that talks over a WebSocket, with the voice that it speaks in. */
export type TalkChoice = RemoteServer & { readonly voice: string | undefined };

/** First parts of the names of settings of such a server, with its pipeline and its usual model. */
const talkServers = {
  REALTIME: { pipeline: 'realtime', model: standardModels.realtime },
  LIVE: { pipeline: 'live', model: standardModels.live },
} as const;
type TalkPrefix = keyof typeof talkServers;

/**
 * Reads the Realtime server, to which any pipeline may switch. Undefined without one.
 */
export function readRealtime(from: EnvironmentSettings): TalkChoice | undefined {
  const { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey } = from;
  const isOffered = sharedKey !== undefined && isOpenAi(shared);
  return readTalkServer(from, 'REALTIME', isOffered);
}

/** Reads the Live server. Undefined unless it is asked for, since its model costs by the minute. */
export function readLive(from: EnvironmentSettings): TalkChoice | undefined {
  return readTalkServer(from, 'LIVE', false);
}

function readTalkServer(
  from: EnvironmentSettings,
  prefix: TalkPrefix,
  isOffered: boolean,
): TalkChoice | undefined {
  const { OPENAI_BASE_URL: shared, OPENAI_API_KEY: sharedKey, SPEECH_VOICE } = from;
  const ownUrl = from[`${prefix}_BASE_URL`];
  const isNamed = ownUrl ?? from[`${prefix}_MODEL`] ?? from[`${prefix}_API_KEY`];
  const { model, pipeline } = talkServers[prefix];
  const isChosen = from.PIPELINE === pipeline && (sharedKey || !isOpenAi(shared));
  if (!isNamed && !isOffered && !isChosen) return undefined;
  const isGoogles = prefix === 'LIVE' && isGeminiModel(from.LIVE_MODEL ?? '');
  const usualUrl = isGoogles ? geminiUrl : shared;
  const server = toRemoteServer(ownUrl ?? usualUrl, from, prefix, model);
  return { ...server, voice: SPEECH_VOICE };
}

/** Finds mistakes in the settings of servers that talk over a WebSocket. */
export function findTalkMistakes(from: EnvironmentSettings): string[] {
  return [
    ...findTalkServerMistakes(from, 'REALTIME', readRealtime(from)),
    ...findTalkServerMistakes(from, 'LIVE', readLive(from)),
  ];
}

function findTalkServerMistakes(
  from: EnvironmentSettings,
  prefix: TalkPrefix,
  server: TalkChoice | undefined,
) {
  const isOpenAis = server && isOpenAi(server.baseUrl.replace(/^ws/, 'http'));
  if (isOpenAis && !server.apiKey)
    return [
      `${prefix}_API_KEY: missing; OpenAI needs a key; for your own server set ${prefix}_BASE_URL`,
    ];
  if (server?.baseUrl === geminiUrl && !server.apiKey)
    return [`${prefix}_API_KEY: missing; Google needs a key`];
  const { pipeline } = talkServers[prefix];
  if (server || from.PIPELINE !== pipeline) return [];
  return [
    `PIPELINE: ${pipeline} needs a server; set ${prefix}_BASE_URL or OPENAI_API_KEY`,
  ];
}
