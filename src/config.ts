import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { z } from 'zod';
import { Secret } from '#src/base/secret.ts';

/** A speech or chat server as one role uses it. */
export type Remote = {
  readonly kind: 'remote';
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: Secret;
};
export type Embedded = { readonly kind: 'embedded' };

export type Config = {
  /** Absent: the sandbox. */
  readonly discord?: {
    readonly token: Secret;
    readonly apiUrl?: string;
    readonly guildId?: string;
  };
  readonly pipeline: 'chained';
  readonly chat: Remote | Embedded;
  readonly transcription: (Remote & { readonly language?: string }) | Embedded;
  readonly speech:
    | (Remote & {
        readonly format: 'pcm' | 'wav';
        readonly voice: string;
        readonly instructions?: string;
      })
    | (Embedded & { readonly voice?: string });
  readonly consent:
    | { readonly policy: 'ask' | 'notice' }
    | { readonly policy: 'role'; readonly roleId: string };
  readonly bot: { readonly name?: string; readonly instructions: string };
  readonly dataDir: string;
  /** Absent: no status server. */
  readonly status?: { readonly host: string; readonly port: number };
  readonly logLevel: string;
};

export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config }
  /** One line per mistake, each naming its setting and never its value where that is secret. */
  | { readonly kind: 'bad'; readonly mistakes: readonly string[] };

const words = z.string().trim().min(1);
const url = words.refine(isHttpUrl, 'must be an address like http://127.0.0.1:8000/v1');
const secret = words
  .regex(/^[\x21-\x7e]+$/, 'holds spaces or characters that no key has; copy it again')
  .transform((value) => new Secret(value));

/** Every setting, in the order of `.env.example`. */
const settings = z.object({
  DISCORD_TOKEN: secret.optional(),
  DISCORD_API_URL: words
    .refine(isHttpUrl, 'must be an address like http://127.0.0.1:8080/api')
    .optional(),
  DISCORD_GUILD_ID: words.regex(/^\d{15,21}$/, 'must be the numeric id of a server').optional(),
  PIPELINE: z.enum(['chained']).default('chained'),
  TRANSCRIPTION_BASE_URL: url.optional(),
  TRANSCRIPTION_MODEL: words.optional(),
  TRANSCRIPTION_API_KEY: secret.optional(),
  TRANSCRIPTION_LANGUAGE: words
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'must be a language code like en or pt-BR')
    .optional(),
  CHAT_COMPLETION_BASE_URL: url.optional(),
  CHAT_COMPLETION_MODEL: words.optional(),
  CHAT_COMPLETION_API_KEY: secret.optional(),
  SPEECH_BASE_URL: url.optional(),
  SPEECH_MODEL: words.optional(),
  SPEECH_API_KEY: secret.optional(),
  SPEECH_VOICE: words.optional(),
  SPEECH_INSTRUCTIONS: words.optional(),
  SPEECH_FORMAT: z.enum(['pcm', 'wav']).default('pcm'),
  OPENAI_BASE_URL: url.default('https://api.openai.com/v1'),
  OPENAI_API_KEY: secret.optional(),
  CONSENT_POLICY: z.enum(['ask', 'role', 'notice']).default('ask'),
  CONSENT_ROLE_ID: words.regex(/^\d{15,21}$/, 'must be the numeric id of a role').optional(),
  BOT_NAME: words.max(32, 'must be at most 32 characters').optional(),
  BOT_INSTRUCTIONS: words.default(
    'You are a voice in a Discord call. Answer in one or two short spoken sentences, in the language you are spoken to. No lists, no markdown.',
  ),
  DATA_DIR: words.default('./data'),
  STATUS_HOST: words.default('127.0.0.1'),
  STATUS_PORT: z.coerce
    .number('must be a port, or 0 for off')
    .int('must be a port, or 0 for off')
    .min(0, 'must be a port, or 0 for off')
    .max(65_535, 'must be a port, or 0 for off')
    .default(8787),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

type Settings = z.infer<typeof settings>;
type Group = 'TRANSCRIPTION' | 'CHAT_COMPLETION' | 'SPEECH';

/** Names and defaults of all settings, for `.env.example`. */
export function settingNames(): ReadonlyMap<string, string> {
  const unset = settings.parse({}) as Record<string, unknown>;
  return new Map(Object.keys(settings.shape).map((name) => [name, `${unset[name] ?? ''}`]));
}

/** Adds `.env` beside package.json to the environment, where there is one; what is set already wins. */
export function loadDotEnv(): void {
  if (existsSync('.env')) loadEnvFile('.env');
}

/** Reads the environment once; a setting left empty counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): ConfigResult {
  const given = Object.fromEntries(
    Object.keys(settings.shape)
      .map((name) => [name, environment[name]?.trim()] as const)
      .filter(([, value]) => value),
  );
  const parsed = settings.safeParse(given);
  const mistakes = parsed.success ? contradictions(parsed.data) : parsed.error.issues.map(sentence);
  if (!parsed.success || mistakes.length > 0) return { kind: 'bad', mistakes };
  return { kind: 'ok', config: arrange(parsed.data) };
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function sentence({ path, message }: z.core.$ZodIssue): string {
  return `${path.join('.')}: ${message.replace(/^Invalid option: expected one of /, 'must be one of ').replace(/^Invalid input: expected /, 'must be ')}`;
}

function contradictions(from: Settings): string[] {
  const role = from.CONSENT_POLICY === 'role' && !from.CONSENT_ROLE_ID;
  return [
    ...missingKeys(from),
    ...(role ? ['CONSENT_ROLE_ID: missing; CONSENT_POLICY=role needs the role that agreed'] : []),
  ];
}

/** OpenAI itself needs a key; servers of one's own may not. */
function missingKeys(from: Settings): string[] {
  return (['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'] as const)
    .filter((group) => {
      const role = remote(from, group, '');
      return (
        role.kind === 'remote' && !role.apiKey && new URL(role.baseUrl).host === 'api.openai.com'
      );
    })
    .map(
      (group) =>
        `${group}_API_KEY: missing; OpenAI needs a key, your own server a ${group}_BASE_URL`,
    );
}

function arrange(from: Settings): Config {
  const { DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl, DISCORD_GUILD_ID: guildId } = from;
  const { TRANSCRIPTION_LANGUAGE: language, BOT_NAME: name } = from;
  return {
    ...(token && { discord: { token, ...(apiUrl && { apiUrl }), ...(guildId && { guildId }) } }),
    pipeline: from.PIPELINE,
    chat: remote(from, 'CHAT_COMPLETION', 'gpt-6-luna'),
    transcription: {
      ...remote(from, 'TRANSCRIPTION', 'gpt-transcribe'),
      ...(language && { language }),
    },
    speech: speech(from),
    consent: consent(from),
    bot: { ...(name && { name }), instructions: from.BOT_INSTRUCTIONS },
    dataDir: from.DATA_DIR,
    ...(from.STATUS_PORT > 0 && { status: { host: from.STATUS_HOST, port: from.STATUS_PORT } }),
    logLevel: from.LOG_LEVEL,
  };
}

function consent({
  CONSENT_POLICY: policy,
  CONSENT_ROLE_ID: roleId = '',
}: Settings): Config['consent'] {
  return policy === 'role' ? { policy, roleId } : { policy };
}

function speech(from: Settings): Config['speech'] {
  const { SPEECH_VOICE: voice, SPEECH_INSTRUCTIONS: instructions, SPEECH_FORMAT: format } = from;
  const role = remote(from, 'SPEECH', 'gpt-4o-mini-tts');
  if (role.kind === 'embedded') return { ...role, ...(voice && { voice }) };
  return { ...role, format, voice: voice ?? 'alloy', ...(instructions && { instructions }) };
}

/** The shared key goes to the shared base URL only; a group with an address of its own brings its own key. */
function remote(from: Settings, group: Group, standardModel: string): Remote | Embedded {
  const own = from[`${group}_BASE_URL`];
  const [model, ownKey] = [from[`${group}_MODEL`], from[`${group}_API_KEY`]];
  const shared =
    from.OPENAI_API_KEY ?? from.OPENAI_BASE_URL !== settings.shape.OPENAI_BASE_URL.parse(undefined);
  if (!own && !model && !ownKey && !shared) return { kind: 'embedded' };
  const baseUrl = own ?? from.OPENAI_BASE_URL;
  const apiKey = ownKey ?? (baseUrl === from.OPENAI_BASE_URL ? from.OPENAI_API_KEY : undefined);
  return { kind: 'remote', baseUrl, model: model ?? standardModel, ...(apiKey && { apiKey }) };
}
