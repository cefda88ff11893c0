import { hostname } from 'node:os';
import type { z } from 'zod';
import { type GuildId, type RoleId, toGuildId, toRoleId } from '#src/base/ids.ts';
import { Secret } from '#src/base/secret.ts';
import type { AudioModel, EngineChoice } from '#src/engines/engine.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { VoiceCipher } from '#src/ports/voice-link.ts';
import { type Deadlines, standardDeadlines } from '#src/provider/deadlines.ts';
import {
  isOpenAi,
  standardModels,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import type { AddressingMode } from '#src/turn/addressing/addressing.ts';
import { type Budget, findBudgetMistakes, readBudget } from './budget.ts';
import { removedLimits } from './removed-settings.ts';
import {
  findRoleMistakes,
  findTalkMistakes,
  readFallback,
  readLive,
  readRealtime,
  readRole,
  type TalkChoice,
} from './roles.ts';
import { readSecretFiles } from './secret-files.ts';
import {
  type EnvironmentSettings,
  type LogLevel,
  listSettingNames,
  settings,
  splitList,
} from './settings.ts';
import { readShardRange, type ShardRange } from './shard-range.ts';
import { type ExternalTools, readExternalTools } from './tool-servers.ts';

export function readEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/** All settings of the environment, in the words of the folders that use them. */
export interface Config {
  /** Undefined means the sandbox. */
  readonly discord:
    | {
        readonly token: Secret;
        readonly apiUrl: string | undefined;
        readonly cdnUrl: string | undefined;
        readonly messageContent: boolean;
      }
    | undefined;
  readonly gateway: GatewayConfig;
  readonly engines: EngineConfig;
  /** How the bot behaves where a server has set nothing else. */
  readonly bot: BotConfig;
  readonly sounds: {
    /** Hosts of the owner's network. */
    readonly allowedHosts: readonly string[];
    /** Like `PATH`. */
    readonly searchPath: string;
  };
  readonly budget: Budget;
  /** Without `databaseUrl` SQLite in `dataDir`. */
  readonly storage: {
    readonly dataDir: string;
    readonly databaseUrl: Secret | undefined;
  };
  readonly monitoring: {
    readonly logLevel: LogLevel;
    /** Undefined means the owner of the application. */
    readonly operatorWebhook: Secret | undefined;
    /** Undefined means no status server. */
    readonly status: HostAndPort | undefined;
  };
  /** Undefined means no page. `publicUrl` is the https address of a proxy. */
  readonly page:
    | (HostAndPort & {
        readonly publicUrl: URL | undefined;
        /** Web pages that may use the API of programs. */
        readonly programOrigins: readonly string[];
      })
    | undefined;
  /** Fields and hosts that programs may name to the chat server, beside OpenAI's fields and public pictures. */
  readonly programs: {
    readonly extraFields: readonly string[];
    readonly pictureHosts: readonly string[];
  };
  readonly externalTools: ExternalTools;
}

type HostAndPort = { readonly host: string; readonly port: number };

type GatewayConfig = {
  /** Every line in the chat may be meant for the bot. Needs a privileged intent. */
  readonly messageContent: boolean;
  readonly voiceCipher: VoiceCipher;
  /** May change while the bot runs. Without `allowed` all are, and `barred` wins. */
  servers: {
    readonly allowed: readonly GuildId[] | undefined;
    readonly barred: readonly GuildId[];
  };
  /** Undefined means all shards. */
  readonly shardRange: ShardRange | undefined;
  /** `auto` means as many as Discord recommends. */
  readonly shards: number | 'auto';
};

type BotConfig = {
  readonly addressing: AddressingMode;
  readonly consent: ConsentConfig;
  /** Names of settings that differ from the standard. */
  readonly given: ReadonlySet<string>;
  readonly instructions: string;
  readonly name: string | undefined;
  /** Further names, for example in other scripts. */
  readonly otherNames: readonly string[];
};

type ConsentConfig =
  | { readonly policy: 'ask' | 'notice'; readonly roleId?: undefined }
  | { readonly policy: 'role'; readonly roleId: RoleId };

export interface EngineConfig {
  readonly pipeline: PipelineName;
  readonly audioModel: AudioModel;
  readonly realtime: TalkChoice | undefined;
  readonly live: (TalkChoice & { readonly maxSilenceMs: number }) | undefined;
  readonly chat: EngineChoice;
  readonly transcription: EngineChoice;
  readonly speech: EngineChoice;
  /** Asked while the usual engine is out of order. */
  readonly fallbacks: {
    readonly transcription: EngineChoice | undefined;
    readonly chat: EngineChoice | undefined;
    readonly speech: EngineChoice | undefined;
  };
  readonly deadlines: Readonly<Record<ProviderRole, Deadlines>>;
  /** A local model judges by sound whether a turn is over. */
  readonly hasTurnModel: boolean;
}

/** Mistakes are one line each, without secret values. */
export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

/** Reads and checks all settings, and files with secrets. An empty setting counts as not set. */
export function readConfig(given: NodeJS.ProcessEnv = process.env): ConfigResult {
  const files = readSecretFiles(given);
  const environment = { ...given, ...files.values };
  const setValues = Object.fromEntries(
    Object.keys(settings.shape)
      .map((name) => [name, environment[name]?.trim()] as const)
      .filter(([, value]) => value),
  );
  const parsed = settings.safeParse(setValues);
  if (!parsed.success)
    return toBadResult([...files.mistakes, ...parsed.error.issues.map(describeIssue)]);
  const tools = readExternalTools(parsed.data.MCP_SERVERS, environment);
  const toolMistakes = tools.kind === 'bad' ? tools.mistakes : [];
  const shardRange = readShardRange(parsed.data, environment.HOSTNAME ?? hostname());
  const mistakes = [
    ...files.mistakes,
    ...Object.entries(removedLimits)
      .filter(([name]) => environment[name]?.trim())
      .map(([name, instead]) => `${name}: is no limit any more. ${instead}`),
    ...findContradictions(parsed.data),
    ...(typeof shardRange === 'string' ? [shardRange] : []),
    ...toolMistakes,
  ];
  if (tools.kind === 'bad' || typeof shardRange === 'string' || mistakes.length > 0)
    return toBadResult(mistakes);
  const { tools: externalTools } = tools;
  const changedNames = listChangedNames(setValues);
  const searchPath = environment.PATH ?? '';
  return {
    kind: 'ok',
    config: toConfig(parsed.data, {
      changedNames,
      searchPath,
      shardRange,
      externalTools,
    }),
  };
}

function toBadResult(mistakes: readonly string[]): ConfigResult {
  return { kind: 'bad', mistakes };
}

function listChangedNames(setValues: Readonly<Record<string, string | undefined>>) {
  const standard = listSettingNames();
  return new Set(
    Object.keys(setValues).filter((name) => setValues[name] !== standard.get(name)),
  );
}

/** Reads a key from a variable that is no setting. */
export function readSecret(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
): Secret | undefined {
  const value = environment[name]?.trim();
  return value ? new Secret(value) : undefined;
}

function describeIssue({ path, message }: z.core.$ZodIssue) {
  return `${path.join('.')}: ${message.replace(/^Invalid option: expected one of /, 'must be one of ').replace(/^Invalid input: expected /, 'must be ')}`;
}

function findContradictions(from: EnvironmentSettings) {
  const mistakes = [
    ...findRoleMistakes(from),
    ...findBudgetMistakes(from.PRICES),
    ...findTalkMistakes(from),
  ];
  const { PAGE_HOST: pageHost, PAGE_URL: url } = from;
  if (!url && !localHosts.has(pageHost))
    mistakes.push(
      `PAGE_HOST: ${pageHost} needs PAGE_URL, the https address of your proxy`,
    );
  // Engines that cannot be loaded were told.
  if (
    mistakes.length === 0 &&
    from.PIPELINE === 'audio-model' &&
    readRole(from, 'chat').kind !== 'remote'
  )
    mistakes.push(
      'PIPELINE: audio-model needs a server; set CHAT_COMPLETION_BASE_URL or OPENAI_API_KEY',
    );
  return mistakes;
}

/** Values of the config that are not read from one setting each. */
type ReadValues = {
  readonly changedNames: ReadonlySet<string>;
  readonly searchPath: string;
  readonly shardRange: ShardRange | undefined;
  readonly externalTools: ExternalTools;
};

function toConfig(from: EnvironmentSettings, read: ReadValues): Config {
  const { PAGE_HOST, PAGE_PORT, PAGE_URL, STATUS_HOST, STATUS_PORT } = from;
  return {
    discord: toDiscordConfig(from),
    gateway: toGatewayConfig(from, read.shardRange),
    engines: toEngineConfig(from),
    bot: toBotConfig(from, read.changedNames),
    sounds: {
      allowedHosts: splitList(from.TRACK_ALLOWED_HOSTS),
      searchPath: read.searchPath,
    },
    budget: readBudget(from),
    storage: { dataDir: from.DATA_DIR, databaseUrl: from.DATABASE_URL },
    monitoring: {
      logLevel: from.LOG_LEVEL,
      operatorWebhook: from.OPERATOR_WEBHOOK,
      status: STATUS_PORT > 0 ? { host: STATUS_HOST, port: STATUS_PORT } : undefined,
    },
    page:
      PAGE_PORT > 0
        ? {
            host: PAGE_HOST,
            port: PAGE_PORT,
            publicUrl: PAGE_URL,
            programOrigins: splitList(from.API_ORIGINS),
          }
        : undefined,
    programs: {
      extraFields: splitList(from.API_EXTRA_FIELDS),
      pictureHosts: splitList(from.API_PICTURE_HOSTS),
    },
    externalTools: read.externalTools,
  };
}

function toDiscordConfig(from: EnvironmentSettings): Config['discord'] {
  const {
    DISCORD_API_URL: apiUrl,
    DISCORD_CDN_URL: cdnUrl,
    DISCORD_TOKEN: token,
  } = from;
  const messageContent = from.MESSAGE_CONTENT === 'on';
  return token && { token, apiUrl, cdnUrl, messageContent };
}

function toGatewayConfig(
  from: EnvironmentSettings,
  shardRange: ShardRange | undefined,
): GatewayConfig {
  return {
    messageContent: from.MESSAGE_CONTENT === 'on',
    voiceCipher: from.VOICE_CIPHER,
    servers: {
      allowed: from.SERVERS_ALLOWED
        ? splitList(from.SERVERS_ALLOWED).map(toGuildId)
        : undefined,
      barred: splitList(from.SERVERS_BARRED).map(toGuildId),
    },
    shardRange,
    shards: from.SHARDS,
  };
}

function toBotConfig(
  from: EnvironmentSettings,
  changedNames: ReadonlySet<string>,
): BotConfig {
  const [name, ...otherNames] = splitList(from.BOT_NAME);
  return {
    addressing: from.ADDRESSING,
    consent: toConsentConfig(from.CONSENT_POLICY),
    given: changedNames,
    instructions: from.BOT_INSTRUCTIONS,
    name,
    otherNames,
  };
}

function toEngineConfig(from: EnvironmentSettings): EngineConfig {
  const chat = readRole(from, 'chat');
  return {
    pipeline: from.PIPELINE,
    audioModel: toAudioModel(from, chat),
    realtime: readRealtime(from),
    live: toLive(from),
    chat,
    transcription: readRole(from, 'speech to text'),
    speech: readRole(from, 'text to speech'),
    fallbacks: {
      transcription: readFallback(from, 'speech to text'),
      chat: readFallback(from, 'chat'),
      speech: readFallback(from, 'text to speech'),
    },
    deadlines: readDeadlines(from),
    hasTurnModel: from.TURN_MODEL === 'on',
  };
}

function toLive(from: EnvironmentSettings): EngineConfig['live'] {
  const server = readLive(from);
  return server && { ...server, maxSilenceMs: from.LIVE_SILENCE_SECONDS * 1000 };
}

/** Only this machine, or a proxy beside it, reaches these hosts. */
const localHosts = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']);

function toConsentConfig(setting: string): ConsentConfig {
  const [policy, roleId] = setting.split(':');
  if (roleId !== undefined) return { policy: 'role', roleId: toRoleId(roleId) };
  return { policy: policy === 'notice' ? policy : 'ask' };
}

function toAudioModel(from: EnvironmentSettings, chat: EngineChoice): AudioModel {
  const { AUDIO_MODEL_NAME: named, SPEECH_VOICE: voice = standardVoice } = from;
  const standard =
    chat.kind === 'remote' && isOpenAi(chat.baseUrl)
      ? standardModels.audioChat
      : undefined;
  // The usual chat model need not hear while the pipeline is `chained`.
  const usualModel =
    chat.kind === 'remote' && from.PIPELINE === 'audio-model' ? chat.model : standard;
  return {
    input: from.AUDIO_MODEL_INPUT,
    voice,
    model: chat.kind === 'remote' ? (named ?? usualModel) : undefined,
    transcriptionModel: from.AUDIO_MODEL_TRANSCRIPTION_MODEL,
    speechModel: from.AUDIO_MODEL_SPEECH_MODEL,
  };
}

/** Reads deadlines. A chat server with a fallback has shorter ones. */
function readDeadlines({
  CHAT_COMPLETION_FALLBACK_BASE_URL: fallback,
  CHAT_COMPLETION_FIRST_BYTE_SECONDS: firstSeconds = fallback ? 30 : 300,
  CHAT_COMPLETION_IDLE_SECONDS: idleSeconds = 30,
  SPEECH_FIRST_BYTE_SECONDS: speechSeconds,
}: Pick<
  EnvironmentSettings,
  | 'CHAT_COMPLETION_FALLBACK_BASE_URL'
  | 'CHAT_COMPLETION_FIRST_BYTE_SECONDS'
  | 'CHAT_COMPLETION_IDLE_SECONDS'
  | 'SPEECH_FIRST_BYTE_SECONDS'
>): EngineConfig['deadlines'] {
  const firstMs = firstSeconds * 1_000;
  const maxFirstMs = speechSeconds * 1_000;
  const idleMs = idleSeconds * 1_000;
  return {
    chat: {
      ...standardDeadlines.chat,
      firstMs,
      maxFirstMs: firstMs,
      coldFirstMs: firstMs,
      idleMs,
    },
    'speech to text': { ...standardDeadlines['speech to text'], maxFirstMs },
    'text to speech': { ...standardDeadlines['text to speech'], maxFirstMs },
  };
}
