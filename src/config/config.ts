import { hostname } from 'node:os';
import type { z } from 'zod';
import { Secret } from '#src/base/secret.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { standardDeadlines } from '#src/provider/deadlines.ts';
import {
  isOpenAi,
  standardModels,
  standardVoice,
} from '#src/provider/models/standard-models.ts';
import { findBudgetMistakes, readBudget } from './budget.ts';
import { readExternalTools } from './external-tools.ts';
import { removedLimits } from './removed-settings.ts';
import {
  findRealtimeMistakes,
  findRoleMistakes,
  readFallback,
  readRealtime,
  readRole,
} from './roles.ts';
import {
  type EnvironmentSettings,
  listSettingNames,
  settings,
  splitList,
} from './settings.ts';
import { readShardRange, type ShardRange } from './shard-range.ts';

export function readEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

export type Config = Readonly<Extract<ConfigResult, { kind: 'ok' }>['config']>;

export type EngineConfig = Config['engines'];

/** Mistakes are one line each, without secret values. */
export type ConfigResult = ReturnType<typeof readConfig>;

/** Reads and checks all settings. An empty setting counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env) {
  const given = Object.fromEntries(
    Object.keys(settings.shape)
      .map((name) => [name, environment[name]?.trim()] as const)
      .filter(([, value]) => value),
  );
  const parsed = settings.safeParse(given);
  if (!parsed.success) return toBadResult(parsed.error.issues.map(describeIssue));
  const tools = readExternalTools(parsed.data.MCP_SERVERS, environment);
  const toolMistakes = tools.kind === 'bad' ? tools.mistakes : [];
  const shardRange = readShardRange(parsed.data, environment.HOSTNAME ?? hostname());
  const mistakes = [
    ...Object.entries(removedLimits)
      .filter(([name]) => environment[name]?.trim())
      .map(([name, instead]) => `${name}: is no limit any more. ${instead}`),
    ...findContradictions(parsed.data),
    ...(typeof shardRange === 'string' ? [shardRange] : []),
    ...toolMistakes,
  ];
  if (tools.kind === 'bad' || typeof shardRange === 'string' || mistakes.length > 0)
    return toBadResult(mistakes);
  const standard = listSettingNames();
  return {
    kind: 'ok' as const,
    config: {
      ...toConfig(
        parsed.data,
        new Set(
          Object.keys(given).filter((name) => given[name] !== standard.get(name)),
        ),
        environment.PATH ?? '',
        shardRange,
      ),
      externalTools: tools.tools,
    },
  };
}

function toBadResult(mistakes: readonly string[]) {
  return { kind: 'bad', mistakes } as const;
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
    ...findRealtimeMistakes(from),
  ];
  const { PAGE_HOST: host, PAGE_URL: url } = from;
  if (!url && !localHosts.has(host))
    mistakes.push(`PAGE_HOST: ${host} needs PAGE_URL, the https address of your proxy`);
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

function toConfig(
  from: EnvironmentSettings,
  given: ReadonlySet<string>,
  searchPath: string,
  shardRange: ShardRange | undefined,
) {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl } = from;
  const { PAGE_HOST, PAGE_PORT, PAGE_URL, STATUS_HOST, STATUS_PORT } = from;
  const messageContent = from.MESSAGE_CONTENT === 'on';
  const [name, ...otherNames] = splitList(from.BOT_NAME);
  return {
    /** Undefined means the sandbox. */
    discord: token && { token, apiUrl, messageContent },
    gateway: {
      /** Every line in the chat may be meant for the bot. Needs a privileged intent. */
      messageContent,
      /** May change while the bot runs. Without `allowed` all are, and `barred` wins. */
      servers: {
        allowed: from.SERVERS_ALLOWED ? splitList(from.SERVERS_ALLOWED) : undefined,
        barred: splitList(from.SERVERS_BARRED),
      },
      /** Undefined means all shards. */
      shardRange,
      /** `auto` means as many as Discord recommends. */
      shards: from.SHARDS,
    },
    engines: toEngineConfig(from),
    /** How the bot behaves where a server has set nothing else. */
    bot: {
      addressing: from.ADDRESSING,
      consent: toConsentConfig(from.CONSENT_POLICY),
      /** Settings that differ from the standard. */
      given,
      instructions: from.BOT_INSTRUCTIONS,
      name,
      /** Further names, for example in other scripts. */
      otherNames,
    },
    sounds: {
      /** Hosts of the owner's network. */
      allowedHosts: splitList(from.TRACK_ALLOWED_HOSTS),
      /** Like `PATH`. */
      searchPath,
    },
    budget: readBudget(from),
    /** Without `databaseUrl` SQLite in `dataDir`. */
    storage: { dataDir: from.DATA_DIR, databaseUrl: from.DATABASE_URL },
    monitoring: {
      logLevel: from.LOG_LEVEL,
      /** Undefined means the owner of the application. */
      operatorWebhook: from.OPERATOR_WEBHOOK,
      /** Undefined means no status server. */
      status: STATUS_PORT > 0 ? { host: STATUS_HOST, port: STATUS_PORT } : undefined,
    },
    /** Undefined means no page. `publicUrl` is the https address of a proxy. */
    page:
      PAGE_PORT > 0
        ? { host: PAGE_HOST, port: PAGE_PORT, publicUrl: PAGE_URL }
        : undefined,
  };
}

function toEngineConfig(from: EnvironmentSettings) {
  const chat = readRole(from, 'chat');
  return {
    pipeline: from.PIPELINE,
    audioModel: toAudioModel(from, chat),
    realtime: readRealtime(from),
    chat,
    transcription: readRole(from, 'speech to text'),
    speech: readRole(from, 'text to speech'),
    /** Asked while the usual engine is out of order. */
    fallbacks: {
      transcription: readFallback(from, 'speech to text'),
      chat: readFallback(from, 'chat'),
      speech: readFallback(from, 'text to speech'),
    },
    deadlines: readDeadlines(from),
    /** A local model judges by sound whether a turn is over. */
    hasTurnModel: from.TURN_MODEL === 'on',
  };
}

/** Only this machine, or a proxy beside it, reaches these hosts. */
const localHosts = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']);

function toConsentConfig(setting: string) {
  const [policy, roleId] = setting.split(':');
  if (roleId !== undefined) return { policy: 'role', roleId } as const;
  return { policy: policy === 'notice' ? policy : 'ask' } as const;
}

function toAudioModel(from: EnvironmentSettings, chat: EngineChoice) {
  const { AUDIO_MODEL_NAME: named, SPEECH_VOICE: voice = standardVoice } = from;
  const standard =
    chat.kind === 'remote' && isOpenAi(chat.baseUrl)
      ? standardModels.audioChat
      : undefined;
  // The usual chat model need not hear while the pipeline is `chained`.
  const usual =
    chat.kind === 'remote' && from.PIPELINE === 'audio-model' ? chat.model : standard;
  return {
    input: from.AUDIO_MODEL_INPUT,
    voice,
    model: chat.kind === 'remote' ? (named ?? usual) : undefined,
    transcriptionModel: from.AUDIO_MODEL_TRANSCRIPTION_MODEL,
    speechModel: from.AUDIO_MODEL_SPEECH_MODEL,
  };
}

/** Reads deadlines. A chat server with a fallback has shorter ones. */
function readDeadlines({
  CHAT_COMPLETION_FALLBACK_BASE_URL: fallback,
  CHAT_COMPLETION_FIRST_BYTE_SECONDS: first = fallback ? 30 : 300,
  CHAT_COMPLETION_IDLE_SECONDS: idle = 30,
  SPEECH_FIRST_BYTE_SECONDS: speech,
}: Pick<
  EnvironmentSettings,
  | 'CHAT_COMPLETION_FALLBACK_BASE_URL'
  | 'CHAT_COMPLETION_FIRST_BYTE_SECONDS'
  | 'CHAT_COMPLETION_IDLE_SECONDS'
  | 'SPEECH_FIRST_BYTE_SECONDS'
>) {
  const firstMs = first * 1_000;
  const maxFirstMs = speech * 1_000;
  const idleMs = idle * 1_000;
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
