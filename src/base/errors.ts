/** Every code a BotError may carry, as `room.word`, with what it means to the operator. */
export const errorCodes = {
  'audio.bad_wav': 'not a readable WAV file',
  'audio.no_codec': 'no Opus library could be loaded',
  'provider.unreachable': 'a speech or chat server did not accept the connection',
  'provider.refused': 'a speech or chat server answered with an error',
  'provider.bad_key': 'a speech or chat server refused the key',
  'provider.rate_limited': 'a speech or chat server applies its rate limit',
  'provider.spent': 'a speech or chat server has no credit left',
  'provider.late': 'a speech or chat server was silent for too long',
  'provider.wrong_type': 'a speech or chat server sent a wrong content type, such as HTML',
  'provider.empty': 'a speech or chat server sent an empty answer',
  'provider.truncated': 'a speech or chat server sent an incomplete answer',
  'budget.used': 'a request that does not fit into what is left of a budget was not sent',
  'speech.failed': 'an embedded speech engine failed',
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
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Step of an answer in which a failure happened, as a person would name it. */
export type FailureStage = 'recognise' | 'think' | 'speak' | 'link';

/**
 * Step of opening a voice link: the seat that Discord gives, the socket of the voice server, its login, IP discovery over UDP,
 * the key of the transport, and the end-to-end encrypted group.
 */
export type OpeningStep = 'seat' | 'socket' | 'login' | 'udp' | 'key' | 'group';

/** Cap on what may be spent a day. */
export type BudgetCap = 'person' | 'token' | 'server' | 'all';

/** Facts about the server behind a failure, for the text that people read. */
export type FailureServer = {
  /** HTTP status of its answer. */
  readonly status?: number;
  /** Step at which a voice link stood that was not open in time. */
  readonly openingStep?: OpeningStep;
  /** Time, in ms, that the server asks us to wait. */
  readonly retryAfterMs?: number;
  /** The server's own sentence, which may quote people's words: for the doctor, never for the log. */
  readonly serverWords?: string;
  /** What the operator can do, where the server's words tell more than the code. */
  readonly mend?: string;
  /** Cap whose rest is too little. */
  readonly cap?: BudgetCap;
  /** Its model was not shown the pictures of the request: it takes none, or not these. */
  readonly takesNoPictures?: true;
};

/**
 * A failure outside of the bot, as one sentence for the operator.
 *
 * Only the owner of a retry reads `retryable`. People in the channel get a text id, never `message`.
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

/** A copy of a BotError with its stage named; a stage that is there already stays, other errors pass unchanged. */
export function atStage(stage: FailureStage, error: unknown): unknown {
  if (!(error instanceof BotError) || error.stage) return error;
  const { code, retryable, message, cause, about } = error;
  return new BotError(code, retryable, message, cause, stage, about);
}

/** The words of whatever was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
