/** Codes of a `BotError`, as `area.word`, each with its meaning for the operator. */
export const errorCodes = {
  'audio.bad_wav': 'not a readable WAV file',
  'audio.no_codec': 'no Opus library could be loaded',
  'provider.unreachable': 'a speech or chat server did not accept the connection',
  'provider.refused': 'a speech or chat server answered with an error',
  'provider.bad_key': 'a speech or chat server refused the key',
  'provider.rate_limited': 'a speech or chat server applies its rate limit',
  'provider.spent': 'a speech or chat server has no credit left',
  'provider.loading': 'a speech or chat server is still loading its model',
  'provider.late': 'a speech or chat server was silent for too long',
  'provider.wrong_type':
    'a speech or chat server sent a wrong content type, such as HTML',
  'provider.empty': 'a speech or chat server sent an empty answer',
  'provider.truncated': 'a speech or chat server sent an incomplete answer',
  'budget.used':
    'a request that does not fit into what is left of a budget was not sent',
  'speech.failed': 'a local speech engine failed',
  'speech.unspeakable': 'a text without a speakable word',
  'speech.no_voice': 'a text in a language that no voice speaks',
  'link.lost': 'the voice link was lost',
  'link.timeout': 'Discord did not open the voice link in time',
  'link.rate_limited': 'Discord applies a rate limit to voice connections',
  'link.offline': 'the gateway of Discord was down when the bot had to join',
  'link.no_cipher': 'Discord offers no voice encryption that this version supports',
  'link.no_end_to_end':
    'Discord demands end-to-end voice encryption that this version does not support',
  'discord.bad_token': 'Discord refused the token',
  'discord.intent_refused': 'Discord refuses an intent that MESSAGE_CONTENT needs',
  'discord.too_few_shards': 'Discord demands more shards than are configured',
  'discord.unreachable': 'the Discord API could not be reached',
  'discord.forbidden': 'the bot lacks a permission in a channel',
  'discord.unsent': 'a message waited too long for Discord, or too many waited',
  'answer.late': 'a stage of an answer did not end in time',
  'answer.malformed': 'a chat model replied in a wrong form',
  'tool.late': 'a tool of the model did not end in time',
  'tool.unreachable': 'a tool server could not be started or reached',
  'tool.crashed': 'a tool server ended before its result',
  'tool.flooded': 'a tool server sent more than the limit',
  'tool.refused': 'a tool server refused a call, or violated the protocol',
  'tool.asks': 'a tool asked a model or a person, which is not allowed',
  'store.unreadable': 'stored data cannot be read',
  'store.unwritable': 'stored data cannot be written',
  'store.in_use': 'another process uses the folder of the store',
  'store.format': 'another version wrote the store',
  'store.too_old': 'the copy is older than seven days',
  'store.misconfigured': 'the database of DATABASE_URL cannot be used as it is',
  'source.not_audio': 'a file or link without readable sound, or a damaged one',
  'source.too_long': 'a sound longer than the limit',
  'source.too_big': 'a file or link larger than the limit',
  'source.broken': 'a sound whose source failed during playback',
  'source.not_allowed': 'a link to an address that is not allowed',
  'source.crowded': 'a sound that needs ffmpeg while too many ffmpeg programs run',
  'source.unreachable': 'a file or link that is missing or too slow',
  'sandbox.failed': 'the sandbox did not start, or ended',
  'download.failed': 'a model or its library could not be fetched',
} as const;

export type ErrorCode = keyof typeof errorCodes;
export type StoreCode = Extract<ErrorCode, 'store.unreadable' | 'store.unwritable'>;

export type FailureStage = 'recognise' | 'think' | 'speak' | 'link';

/**
 * Stages of opening a voice connection, in order. `group` is the end-to-end encrypted
 * group of DAVE: https://daveprotocol.com
 */
export type OpeningStep = 'seat' | 'socket' | 'login' | 'udp' | 'key' | 'group';

/** `unstored`: the database takes no spending, so that no cap could be kept. */
export type BudgetCap = 'person' | 'token' | 'server' | 'all' | 'unstored';

export type FailureServer = {
  readonly status?: number;
  readonly openingStep?: OpeningStep;
  readonly retryAfterMs?: number;
  /** Sentence of the provider, which may quote people. The doctor shows it, the log never does. */
  readonly serverMessage?: string;
  /** Better advice than the meaning of the code. */
  readonly remedy?: string;
  readonly cap?: BudgetCap;
  /** The cap leaves no room for time of a session. A single answer of another model may fit. */
  readonly isSessionTime?: true;
  /** The request was sent again without its pictures, which the model does not take. */
  readonly takesNoPictures?: true;
  /** A moderation refused this request alone. The server and its key are well. */
  readonly isContentRefusal?: true;
  /** The server has used its share of a process that all servers share. Others are served. */
  readonly isShareUsed?: true;
  /** The prompt is longer than the model, or the server, takes. */
  readonly isTooLong?: true;
  /** Tokens by which the allowed answer was too long. */
  readonly tokensOver?: number;
  /** Language (BCP 47) that no voice speaks. */
  readonly language?: string;
  /** Name of the format of a sound, which only ffmpeg reads. */
  readonly ffmpegFormat?: string;
};

/**
 * A failure outside the bot, described in one sentence for the operator.
 *
 * People in the channel get a text id, never `message`. Only the owner of a retry reads `retryable`.
 *
 * @example
 * import { BotError } from '#src/base/errors.ts';
 *
 * const cause = new Error('ECONNREFUSED');
 * const error = new BotError('provider.unreachable', true, 'The speech server is down.', cause);
 * error.code; // 'provider.unreachable'
 */
export class BotError extends Error {
  override readonly name = 'BotError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly stage: FailureStage | undefined;
  readonly about: FailureServer;

  constructor(
    code: ErrorCode,
    retryable: boolean,
    message: string,
    cause?: unknown,
    stage?: FailureStage,
    about: FailureServer = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    this.stage = stage;
    this.about = about;
  }
}

/** Creates the error of work that passed its deadline in `stage`. */
export function createDeadlineError(stage: FailureStage, message: string): BotError {
  return new BotError('answer.late', true, message, undefined, stage);
}

/** Creates the error of a chat model that answered without a word. It may be retried. */
export function createEmptyAnswerError(): BotError {
  return new BotError('provider.empty', true, 'The chat model answered without text.');
}

/** Adds a stage to a `BotError` without one. Other errors stay. */
export function addFailureStage(stage: FailureStage, error: unknown): unknown {
  if (!(error instanceof BotError) || error.stage) return error;
  const { code, retryable, message, cause, about } = error;
  return new BotError(code, retryable, message, cause, stage, about);
}

export function getErrorMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Describes an argument that `parseArgs()` or a later check rejects. */
export function describeArgumentMistake(error: unknown): string {
  const isStray =
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL';
  // A word without a flag may be a secret, so the sentence does not repeat it.
  if (isStray) return 'There is a word without a flag.';
  return `${getErrorMessage(error).split(/\.\s|\.$/)[0]}.`;
}
