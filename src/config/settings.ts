import { z } from 'zod';
import {
  admitChosenLanguage,
  type ChosenLanguage,
} from '#src/base/language/expected-language.ts';
import { Secret } from '#src/base/secret.ts';
import { engineSettings, listServerEngines } from '#src/engines/engines.ts';
import { type PipelineName, pipelineNames } from '#src/pipeline/pipeline.ts';
import { type VoiceCipher, voiceCiphers } from '#src/ports/voice-link.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { isHostEntry } from '#src/sources/fetch/allowed-hosts.ts';
import {
  type AddressingMode,
  addressingModes,
} from '#src/turn/addressing/addressing.ts';

const text = z.string().trim().min(1);
const url = text.refine(
  (value) => isAddress(value) && isHttpUrl(value),
  'must be an address like http://127.0.0.1:8000/v1',
);
const serverUrl = text.refine(
  isAddress,
  'must be an address like http://127.0.0.1:8000/v1',
);
const serverIds = text.refine(
  (value) => splitList(value).every((entry) => /^\d{15,21}$/.test(entry)),
  'must be numeric ids of servers, with commas between them',
);
/** `embedded` is the former name of `local`. */
const urlOrLocal = text
  .transform((value) => (value === 'embedded' ? 'local' : value))
  .refine(
    (value) => value === 'local' || (isAddress(value) && isHttpUrl(value)),
    'must be an address like http://127.0.0.1:8000/v1, or local',
  );
const secret = text
  .regex(/^[\x21-\x7e]+$/, 'holds spaces or characters that no key has; copy it again')
  .transform((value) => new Secret(value));
const hosts = text.refine(
  (value) => splitList(value).every(isHostEntry),
  'must be hosts or addresses, with commas between them, say nas.local:8000',
);
const origins = text.refine(
  (value) => splitList(value).every(isOrigin),
  'must be origins, with commas between them, say https://app.example',
);
/** The recogniser gpt-live-transcribe speaks the Realtime API. */
const model = text.refine(
  (value) => !/\bgpt-live-(?!transcribe)/.test(value),
  "gpt-live needs OpenAI's Live API: leave it empty, and set PIPELINE=live and LIVE_MODEL",
);
/** The usual model comes first. */
const models = model
  .refine(...fewWords('models', 25, 100)) // Discord suggests 25 choices
  .transform((value) => [...new Set(splitList(value))]);

/** Declares the choice of an engine by name or path. */
function engineSetting(role: ProviderRole) {
  const listedEngines = listServerEngines(role).map(
    ({ name, about }) => `${name} (${about})`,
  );
  const otherChoices =
    'local (no server), a path like ./mine.mjs or a package, see docs/providers.md';
  return text.optional().describe(`${listedEngines.join(', ')}; or ${otherChoices}`);
}

const port = z.coerce
  .number('must be a port, or 0 for off')
  .int('must be a port, or 0 for off')
  .min(0, 'must be a port, or 0 for off')
  .max(65_535, 'must be a port, or 0 for off');

const budget = z.coerce
  .number('must be a number, or 0 for no limit')
  .min(0, 'must be a number, or 0 for no limit')
  .max(1e6, 'must be at most a million, or 0 for no limit');

const seconds = z.coerce
  .number('must be a number of seconds')
  .min(1, 'must be at least 1 second')
  .max(300, 'must be at most 300 seconds');

/** More than any bot has. */
const maxShards = 16_384;

/** All settings of the environment, read and checked. Those of engines alone are not listed. */
export interface EnvironmentSettings {
  readonly DISCORD_TOKEN?: Secret | undefined;
  readonly OPENAI_API_KEY?: Secret | undefined;
  readonly CHAT_COMPLETION_BASE_URL?: string | undefined;
  readonly CHAT_COMPLETION_MODEL?: string | undefined;
  readonly CHAT_COMPLETION_API_KEY?: Secret | undefined;
  readonly TRANSCRIPTION_BASE_URL?: string | undefined;
  readonly SPEECH_BASE_URL?: string | undefined;
  readonly SPEECH_VOICE?: string | undefined;
  readonly BOT_NAME?: string | undefined;
  readonly BOT_INSTRUCTIONS: string;
  readonly CONSENT_POLICY: string;
  readonly BUDGET_TOTAL_DAY_USD: number;
  readonly DISCORD_API_URL?: string | undefined;
  readonly DISCORD_CDN_URL?: string | undefined;
  readonly SERVERS_ALLOWED?: string | undefined;
  readonly SERVERS_BARRED?: string | undefined;
  readonly SHARDS: number | 'auto';
  readonly SHARD_RANGE?: string | undefined;
  readonly SHARDS_PER_PROCESS?: number | undefined;
  readonly PIPELINE: PipelineName;
  readonly AUDIO_MODEL_NAME?: string | undefined;
  readonly AUDIO_MODEL_INPUT: 'audio' | 'transcript';
  readonly AUDIO_MODEL_TRANSCRIPTION_MODEL?: string | undefined;
  readonly AUDIO_MODEL_SPEECH_MODEL?: string | undefined;
  readonly REALTIME_BASE_URL?: string | undefined;
  readonly REALTIME_MODEL?: string | undefined;
  readonly REALTIME_API_KEY?: Secret | undefined;
  readonly LIVE_BASE_URL?: string | undefined;
  readonly LIVE_MODEL?: string | undefined;
  readonly LIVE_API_KEY?: Secret | undefined;
  readonly LIVE_SILENCE_SECONDS: number;
  readonly TRANSCRIPTION_BACKEND?: string | undefined;
  readonly TRANSCRIPTION_MODEL?: readonly string[] | undefined;
  readonly TRANSCRIPTION_API_KEY?: Secret | undefined;
  readonly TRANSCRIPTION_LANGUAGE?: ChosenLanguage | undefined;
  readonly TRANSCRIPTION_FALLBACK_BASE_URL?: string | undefined;
  readonly TRANSCRIPTION_FALLBACK_MODEL?: string | undefined;
  readonly TRANSCRIPTION_FALLBACK_API_KEY?: Secret | undefined;
  readonly CHAT_BACKEND?: string | undefined;
  readonly CHAT_COMPLETION_FIRST_BYTE_SECONDS?: number | undefined;
  readonly CHAT_COMPLETION_IDLE_SECONDS?: number | undefined;
  readonly CHAT_COMPLETION_FALLBACK_BASE_URL?: string | undefined;
  readonly CHAT_COMPLETION_FALLBACK_MODEL?: string | undefined;
  readonly CHAT_COMPLETION_FALLBACK_API_KEY?: Secret | undefined;
  readonly SPEECH_BACKEND?: string | undefined;
  readonly SPEECH_MODEL?: readonly string[] | undefined;
  readonly SPEECH_API_KEY?: Secret | undefined;
  readonly SPEECH_INSTRUCTIONS?: string | undefined;
  readonly SPEECH_FIRST_BYTE_SECONDS: number;
  readonly SPEECH_FALLBACK_BASE_URL?: string | undefined;
  readonly SPEECH_FALLBACK_MODEL?: string | undefined;
  readonly SPEECH_FALLBACK_API_KEY?: Secret | undefined;
  readonly SPEECH_FALLBACK_VOICE?: string | undefined;
  readonly OPENAI_BASE_URL: string;
  readonly ADDRESSING: AddressingMode;
  readonly TURN_MODEL: 'off' | 'on';
  readonly MESSAGE_CONTENT: 'off' | 'on';
  readonly VOICE_CIPHER: VoiceCipher;
  readonly TRACK_ALLOWED_HOSTS?: string | undefined;
  readonly MCP_SERVERS?: string | undefined;
  readonly PRICES?: string | undefined;
  readonly BUDGET_PERSON_DAY_USD: number;
  readonly BUDGET_SERVER_DAY_USD: number;
  readonly DATA_DIR: string;
  readonly DATABASE_URL?: Secret | undefined;
  readonly STATUS_HOST: string;
  readonly STATUS_PORT: number;
  readonly OPERATOR_WEBHOOK?: Secret | undefined;
  readonly PAGE_HOST: string;
  readonly PAGE_PORT: number;
  readonly PAGE_URL?: URL | undefined;
  readonly API_EXTRA_FIELDS?: string | undefined;
  readonly API_PICTURE_HOSTS?: string | undefined;
  readonly API_ORIGINS?: string | undefined;
  readonly LOG_LEVEL: LogLevel;
}

const logLevels = [
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
] as const;
export type LogLevel = (typeof logLevels)[number];

type SettingsShape = {
  readonly [Name in keyof EnvironmentSettings]-?: z.ZodType<EnvironmentSettings[Name]>;
};

/** In the order of `.env.example`. */
const shape: SettingsShape = {
  DISCORD_TOKEN: secret.optional(),
  OPENAI_API_KEY: secret.optional(),
  CHAT_COMPLETION_BASE_URL: url.optional(),
  CHAT_COMPLETION_MODEL: model.optional(),
  CHAT_COMPLETION_API_KEY: secret.optional(),
  TRANSCRIPTION_BASE_URL: serverUrl.optional(),
  SPEECH_BASE_URL: serverUrl.optional(),
  SPEECH_VOICE: text.optional(),
  BOT_NAME: text.refine(...fewWords('names', 20, 32)).optional(),
  BOT_INSTRUCTIONS: text.default(
    'You are a voice in a Discord call. Answer in one or two short spoken sentences, in the language you are spoken to. No lists, no markdown.',
  ),
  CONSENT_POLICY: text
    .regex(
      /^(ask|notice|role:\d{15,21})$/,
      'must be one of ask, notice, or role: with the id of a role',
    )
    .default('ask'),
  BUDGET_TOTAL_DAY_USD: budget.default(20),
  DISCORD_API_URL: text
    .refine(isHttpUrl, 'must be an address like http://127.0.0.1:8080/api')
    .optional(),
  DISCORD_CDN_URL: text
    .refine(isHttpUrl, 'must be an address like https://127.0.0.1:8443')
    .optional(),
  SERVERS_ALLOWED: serverIds.optional(),
  SERVERS_BARRED: serverIds.optional(),
  SHARDS: text
    .refine(isShardCount, 'must be a whole number from 1 to 16384, or auto')
    .transform((value) => (value === 'auto' ? ('auto' as const) : Number(value)))
    .default('auto'),
  SHARD_RANGE: text
    .regex(/^(auto|\d{1,5}-\d{1,5})$/, 'must be a range like 0-15, or auto')
    .optional(),
  SHARDS_PER_PROCESS: text
    .refine(
      (value) => /^[1-9]\d{0,4}$/.test(value),
      'must be a whole number from 1 to 99999',
    )
    .transform(Number)
    .optional(),
  PIPELINE: z.enum(pipelineNames).default('chained'),
  AUDIO_MODEL_NAME: model.optional(),
  AUDIO_MODEL_INPUT: z.enum(['audio', 'transcript']).default('audio'),
  AUDIO_MODEL_TRANSCRIPTION_MODEL: model.optional(),
  AUDIO_MODEL_SPEECH_MODEL: model.optional(),
  REALTIME_BASE_URL: text
    .refine(isAddress, 'must be an address like ws://127.0.0.1:8000/v1')
    .optional(),
  REALTIME_MODEL: model.optional(),
  REALTIME_API_KEY: secret.optional(),
  LIVE_BASE_URL: text
    .refine(isAddress, 'must be an address like wss://api.openai.com/v1')
    .optional(),
  LIVE_MODEL: text.optional(),
  LIVE_API_KEY: secret.optional(),
  LIVE_SILENCE_SECONDS: seconds.default(10),
  TRANSCRIPTION_BACKEND: engineSetting('speech to text'),
  TRANSCRIPTION_MODEL: models.optional(),
  TRANSCRIPTION_API_KEY: secret.optional(),
  TRANSCRIPTION_LANGUAGE: text
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a language code like en or pt-BR')
    .transform(admitChosenLanguage)
    .optional(),
  TRANSCRIPTION_FALLBACK_BASE_URL: urlOrLocal.optional(),
  TRANSCRIPTION_FALLBACK_MODEL: model.optional(),
  TRANSCRIPTION_FALLBACK_API_KEY: secret.optional(),
  CHAT_BACKEND: engineSetting('chat'),
  CHAT_COMPLETION_FIRST_BYTE_SECONDS: seconds.optional(),
  CHAT_COMPLETION_IDLE_SECONDS: seconds.optional(),
  CHAT_COMPLETION_FALLBACK_BASE_URL: url.optional(),
  CHAT_COMPLETION_FALLBACK_MODEL: model.optional(),
  CHAT_COMPLETION_FALLBACK_API_KEY: secret.optional(),
  SPEECH_BACKEND: engineSetting('text to speech'),
  SPEECH_MODEL: models.optional(),
  SPEECH_API_KEY: secret.optional(),
  SPEECH_INSTRUCTIONS: text.optional(),
  SPEECH_FIRST_BYTE_SECONDS: seconds.default(20),
  SPEECH_FALLBACK_BASE_URL: urlOrLocal.optional(),
  SPEECH_FALLBACK_MODEL: model.optional(),
  SPEECH_FALLBACK_API_KEY: secret.optional(),
  SPEECH_FALLBACK_VOICE: text.optional(),
  OPENAI_BASE_URL: url.default('https://api.openai.com/v1'),
  ADDRESSING: z.enum(addressingModes).default('auto'),
  TURN_MODEL: z.enum(['off', 'on']).default('on'),
  MESSAGE_CONTENT: z.enum(['off', 'on']).default('off'),
  VOICE_CIPHER: z.enum(voiceCiphers).default('auto'),
  TRACK_ALLOWED_HOSTS: hosts.optional(),
  MCP_SERVERS: text.optional(),
  PRICES: text.optional(),
  BUDGET_PERSON_DAY_USD: budget.default(1),
  BUDGET_SERVER_DAY_USD: budget.default(5),
  DATA_DIR: text.default('./data'),
  DATABASE_URL: text
    .refine(
      isDatabaseUrl,
      'must be an address like postgres://user:password@127.0.0.1:5432/parley',
    )
    .transform((value) => new Secret(value))
    .optional(),
  STATUS_HOST: text.default('127.0.0.1'),
  STATUS_PORT: port.default(8787),
  OPERATOR_WEBHOOK: text
    .refine(isHttpUrl, 'must be an address like https://discord.com/api/webhooks/...')
    .transform((value) => new Secret(value))
    .optional(),
  PAGE_HOST: text.default('127.0.0.1'),
  PAGE_PORT: port.default(8788),
  PAGE_URL: text
    .refine(
      isHttpsOrigin,
      'must be an https address without a path, like https://parley.example.org',
    )
    .transform((value) => new URL(value))
    .optional(),
  API_EXTRA_FIELDS: text
    .refine(
      (value) => splitList(value).every((name) => /^[\w-]{1,64}$/.test(name)),
      'must be names of fields, with commas between them, say top_k,min_p',
    )
    .optional(),
  API_PICTURE_HOSTS: hosts.optional(),
  API_ORIGINS: origins.optional(),
  LOG_LEVEL: z.enum(logLevels).default('info'),
};

/** Settings of engines come last. */
export const settings: z.ZodObject<SettingsShape> = z.object({
  ...shape,
  ...engineSettings,
});

export function listSettingNames(): ReadonlyMap<string, string> {
  const unset = settings.parse({}) as Record<string, unknown>;
  return new Map(
    Object.keys(settings.shape).map((name) => [name, `${unset[name] ?? ''}`]),
  );
}

function isHttpUrl(value: string) {
  return /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

/**
 * Tests for the address of a server, of HTTP or WebSocket. It may have a path, a query, and a user with a password.
 */
export function isAddress(value: string): boolean {
  const url = URL.parse(value.replace(/^ws/, 'http'));
  const isUrl = url !== null && /^https?:$/.test(url.protocol);
  return isUrl && canDecode(`${url.username}${url.password}`);
}

function isHttpsOrigin(value: string) {
  const url = URL.parse(value);
  return url?.protocol === 'https:' && url.href === `${url.origin}/`;
}

/**
 * Tests whether a value is an address of PostgreSQL, as TCP or
 * `postgres:///parley?host=/run/postgresql`.
 */
function isDatabaseUrl(value: string) {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, password, pathname, searchParams } = new URL(value);
  if (!canDecode(password)) return false;
  const hasHost = hostname !== '' || searchParams.has('host');
  return /^postgres(ql)?:$/.test(protocol) && hasHost && pathname.length > 1;
}

function canDecode(escaped: string) {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

function isShardCount(value: string) {
  return (
    value === 'auto' || (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= maxShards)
  );
}

function fewWords(noun: string, maxItems: number, maxChars: number) {
  const areFew = (value: string) => {
    const items = splitList(value);
    return (
      items.length <= maxItems &&
      items.every(({ length }) => length > 0 && length <= maxChars)
    );
  };
  return [
    areFew,
    `must be at most ${maxItems} ${noun} of at most ${maxChars} characters each, with commas between them`,
  ] as const;
}

/** Tests for an origin as browsers send it: without a path, or a slash at its end. */
function isOrigin(value: string) {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value;
}

export function splitList(value: string | undefined): readonly string[] {
  return value?.split(',').map((entry) => entry.trim()) ?? [];
}
