import { z } from 'zod';
import { Secret } from '#src/base/secret.ts';
import { engineSettings, listServerEngines } from '#src/engines/engines.ts';
import { pipelineNames } from '#src/pipeline/pipeline.ts';
import type { ProviderRole } from '#src/provider/provider-event.ts';
import { isHostEntry } from '#src/sources/fetch/allowed-hosts.ts';
import { addressingModes } from '#src/turn/addressing/addressing.ts';

const words = z.string().trim().min(1);
const url = words.refine(isHttpUrl, 'must be an address like http://127.0.0.1:8000/v1');
const serverUrl = words.refine(
  isServerUrl,
  'must be an address like http://127.0.0.1:8000/v1',
);
const serverIds = words.refine(
  (value) => splitList(value).every((one) => /^\d{15,21}$/.test(one)),
  'must be numeric ids of servers, with commas between them',
);
/** `embedded` is the former name of `local`. */
const urlOrLocal = words
  .transform((value) => (value === 'embedded' ? 'local' : value))
  .refine(
    (value) => value === 'local' || isHttpUrl(value),
    'must be an address like http://127.0.0.1:8000/v1, or local',
  );
const secret = words
  .regex(/^[\x21-\x7e]+$/, 'holds spaces or characters that no key has; copy it again')
  .transform((value) => new Secret(value));
/** The recogniser gpt-live-transcribe speaks the Realtime API. */
const model = words.refine(
  (value) => !/\bgpt-live-(?!transcribe)/.test(value),
  "gpt-live needs OpenAI's Live API, for which there is no pipeline yet; leave it empty",
);
/** The usual model comes first. */
const models = model
  .refine(...fewWords('models', 25, 100)) // Discord suggests 25 choices
  .transform((value) => [...new Set(splitList(value))]);

/** Declares the choice of an engine by name or path. */
function engineSetting(role: ProviderRole) {
  const known = listServerEngines(role).map(({ name, about }) => `${name} (${about})`);
  const other =
    'local (no server), a path like ./mine.mjs or a package, see docs/providers.md';
  return words.optional().describe(`${known.join(', ')}; or ${other}`);
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

/** In the order of `.env.example`. */
const shape = {
  DISCORD_TOKEN: secret.optional(),
  OPENAI_API_KEY: secret.optional(),
  CHAT_COMPLETION_BASE_URL: url.optional(),
  CHAT_COMPLETION_MODEL: model.optional(),
  CHAT_COMPLETION_API_KEY: secret.optional(),
  TRANSCRIPTION_BASE_URL: serverUrl.optional(),
  SPEECH_BASE_URL: serverUrl.optional(),
  SPEECH_VOICE: words.optional(),
  BOT_NAME: words.refine(...fewWords('names', 20, 32)).optional(),
  BOT_INSTRUCTIONS: words.default(
    'You are a voice in a Discord call. Answer in one or two short spoken sentences, in the language you are spoken to. No lists, no markdown.',
  ),
  CONSENT_POLICY: words
    .regex(
      /^(ask|notice|role:\d{15,21})$/,
      'must be one of ask, notice, or role: with the id of a role',
    )
    .default('ask'),
  BUDGET_TOTAL_DAY_USD: budget.default(20),
  DISCORD_API_URL: words
    .refine(isHttpUrl, 'must be an address like http://127.0.0.1:8080/api')
    .optional(),
  SERVERS_ALLOWED: serverIds.optional(),
  SERVERS_BARRED: serverIds.optional(),
  SHARDS: words
    .refine(isShardCount, 'must be a whole number from 1 to 16384, or auto')
    .transform((value) => (value === 'auto' ? ('auto' as const) : Number(value)))
    .default('auto'),
  SHARD_RANGE: words
    .regex(/^(auto|\d{1,5}-\d{1,5})$/, 'must be a range like 0-15, or auto')
    .optional(),
  SHARDS_PER_PROCESS: words
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
  REALTIME_BASE_URL: words
    .refine(isServerUrl, 'must be an address like ws://127.0.0.1:8000/v1')
    .optional(),
  REALTIME_MODEL: model.optional(),
  REALTIME_API_KEY: secret.optional(),
  TRANSCRIPTION_BACKEND: engineSetting('speech to text'),
  TRANSCRIPTION_MODEL: models.optional(),
  TRANSCRIPTION_API_KEY: secret.optional(),
  TRANSCRIPTION_LANGUAGE: words
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a language code like en or pt-BR')
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
  SPEECH_INSTRUCTIONS: words.optional(),
  SPEECH_FIRST_BYTE_SECONDS: seconds.default(20),
  SPEECH_FALLBACK_BASE_URL: urlOrLocal.optional(),
  SPEECH_FALLBACK_MODEL: model.optional(),
  SPEECH_FALLBACK_API_KEY: secret.optional(),
  SPEECH_FALLBACK_VOICE: words.optional(),
  OPENAI_BASE_URL: url.default('https://api.openai.com/v1'),
  ADDRESSING: z.enum(addressingModes).default('auto'),
  TURN_MODEL: z.enum(['off', 'on']).default('on'),
  MESSAGE_CONTENT: z.enum(['off', 'on']).default('off'),
  TRACK_ALLOWED_HOSTS: words
    .refine(
      (value) => splitList(value).every(isHostEntry),
      'must be hosts or addresses, with commas between them, say nas.local:8000',
    )
    .optional(),
  MCP_SERVERS: words.optional(),
  PRICES: words.optional(),
  BUDGET_PERSON_DAY_USD: budget.default(1),
  BUDGET_SERVER_DAY_USD: budget.default(5),
  DATA_DIR: words.default('./data'),
  DATABASE_URL: words
    .refine(
      isDatabaseUrl,
      'must be an address like postgres://user:password@127.0.0.1:5432/parley',
    )
    .transform((value) => new Secret(value))
    .optional(),
  STATUS_HOST: words.default('127.0.0.1'),
  STATUS_PORT: port.default(8787),
  OPERATOR_WEBHOOK: words
    .refine(isHttpUrl, 'must be an address like https://discord.com/api/webhooks/...')
    .transform((value) => new Secret(value))
    .optional(),
  PAGE_HOST: words.default('127.0.0.1'),
  PAGE_PORT: port.default(8788),
  PAGE_URL: words
    .refine(
      isHttpsOrigin,
      'must be an https address without a path, like https://parley.example.org',
    )
    .transform((value) => new URL(value))
    .optional(),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info'),
};

/** Settings of engines come last. */
export const settings = z.object({ ...shape, ...engineSettings } as typeof shape);

export type EnvironmentSettings = z.infer<typeof settings>;

export function listSettingNames(): ReadonlyMap<string, string> {
  const unset = settings.parse({}) as Record<string, unknown>;
  return new Map(
    Object.keys(settings.shape).map((name) => [name, `${unset[name] ?? ''}`]),
  );
}

function isHttpUrl(value: string) {
  return /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

/** Tests for an address without name and password. */
export function isAddress(value: string): boolean {
  if (!isHttpUrl(value)) return false;
  const { username, password, search } = new URL(value);
  return `${username}${password}${search}` === '';
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

/** Tests for an address of HTTP or WebSocket. */
function isServerUrl(value: string) {
  return isHttpUrl(value.replace(/^ws/, 'http'));
}

function isShardCount(value: string) {
  return (
    value === 'auto' || (/^[1-9]\d{0,4}$/.test(value) && Number(value) <= maxShards)
  );
}

function fewWords(what: string, most: number, maxChars: number) {
  const areFew = (value: string) => {
    const all = splitList(value);
    return (
      all.length <= most && all.every(({ length }) => length > 0 && length <= maxChars)
    );
  };
  return [
    areFew,
    `must be at most ${most} ${what} of at most ${maxChars} characters each, with commas between them`,
  ] as const;
}

export function splitList(value: string | undefined): readonly string[] {
  return value?.split(',').map((one) => one.trim()) ?? [];
}
