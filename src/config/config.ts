import { hostname } from 'node:os';
import type { z } from 'zod';
import { Secret } from '#src/base/secret.ts';
import type { AudioModel, EngineChoice } from '#src/engines/engine.ts';
import { deadlines, type RoleDeadlines } from '#src/provider/deadlines.ts';
import { isOpenAi, standardModels, standardVoice } from '#src/provider/models/models.ts';
import { budgetMistakes, readBudget } from './budget.ts';
import { readExternalTools } from './external-tools.ts';
import { readRealtime, realtimeMistakes } from './realtime.ts';
import { removedLimits } from './removed-settings.ts';
import { isHearing, readFallback, readRole, roleMistakes } from './roles.ts';
import { readServers } from './servers.ts';
import { type EnvironmentSettings, listed, settingNames, settings } from './settings.ts';
import { readShardRange } from './shard-range.ts';
import type { Config, ConfigResult } from './types.ts';

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

function contradictions(from: EnvironmentSettings): string[] {
  const mistakes = [...roleMistakes(from), ...budgetMistakes(from), ...realtimeMistakes(from)];
  const { PAGE_HOST: host, PAGE_URL: url } = from;
  if (!url && !localHosts.has(host))
    mistakes.push(`PAGE_HOST: ${host} needs PAGE_URL, the https address of your proxy`);
  // Engines that cannot be loaded were told.
  if (mistakes.length === 0 && isHearing(from) && readRole(from, 'chat').kind !== 'remote')
    mistakes.push(
      'PIPELINE: audio-model needs a server; set CHAT_COMPLETION_BASE_URL or OPENAI_API_KEY',
    );
  return mistakes;
}

function arrange(
  from: EnvironmentSettings,
): Omit<Config, 'searchPath' | 'externalTools' | 'given'> {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl } = from;
  const messageContent = from.MESSAGE_CONTENT === 'on';
  const realtime = readRealtime(from);
  const chat = readRole(from, 'chat');
  const [name, ...otherNames] = listed(from.BOT_NAME);
  return {
    discord: token && { token, apiUrl, messageContent },
    servers: readServers(from),
    shards: from.SHARDS,
    pipeline: from.PIPELINE,
    audioModel: audioModel(from, chat),
    realtime,
    chat,
    transcription: readRole(from, 'speech to text'),
    speech: readRole(from, 'text to speech'),
    fallbacks: {
      transcription: readFallback(from, 'speech to text'),
      chat: readFallback(from, 'chat'),
      speech: readFallback(from, 'text to speech'),
    },
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
  const { PAGE_HOST: host, PAGE_PORT: port, PAGE_URL: publicUrl } = from;
  return port > 0 ? { host, port, publicUrl } : undefined;
}

/** Hosts at which only this machine, or a proxy beside it, can ask for the page by a name that is served. */
const localHosts = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::']);

function consent({ CONSENT_POLICY }: EnvironmentSettings): Config['consent'] {
  const [policy, roleId] = CONSENT_POLICY.split(':');
  if (roleId !== undefined) return { policy: 'role', roleId };
  return { policy: policy === 'notice' ? policy : 'ask' };
}

/** A chat model that hears and speaks. The one that reads and writes need not as long as the pipeline is `chained`. */
function audioModel(from: EnvironmentSettings, chat: EngineChoice): AudioModel {
  const { AUDIO_MODEL_NAME: named, SPEECH_VOICE: voice = standardVoice } = from;
  const standard =
    chat.kind === 'remote' && isOpenAi(chat.baseUrl) ? standardModels.audioChat : undefined;
  const usual = chat.kind === 'remote' && isHearing(from) ? chat.model : standard;
  return {
    input: from.AUDIO_MODEL_INPUT,
    voice,
    model: chat.kind === 'remote' ? (named ?? usual) : undefined,
    transcriptionModel: from.AUDIO_MODEL_TRANSCRIPTION_MODEL,
    speechModel: from.AUDIO_MODEL_SPEECH_MODEL,
  };
}

/** Deadlines of servers by role, fallbacks included. A chat server with a fallback gives way if it hangs. */
function readDeadlines({
  CHAT_COMPLETION_FALLBACK_BASE_URL: fallback,
  CHAT_COMPLETION_FIRST_BYTE_SECONDS: first = fallback ? 30 : 300,
  CHAT_COMPLETION_IDLE_SECONDS: idle = 30,
  SPEECH_FIRST_BYTE_SECONDS: speech,
}: EnvironmentSettings): RoleDeadlines {
  const firstMs = first * 1_000;
  const longestFirstMs = speech * 1_000;
  const idleMs = idle * 1_000;
  return {
    chat: { ...deadlines.chat, firstMs, longestFirstMs: firstMs, coldFirstMs: firstMs, idleMs },
    'speech to text': { ...deadlines['speech to text'], longestFirstMs },
    'text to speech': { ...deadlines['text to speech'], longestFirstMs },
  };
}
