/** Every code a BotError may carry, as `room.word`, with what it means to the operator. */
export const errorCodes = {
  'audio.bad_wav': 'bytes that are not a WAV file we can read',
  'audio.no_codec': 'no Opus library could be loaded',
  'audio.encoder_failed': 'the thread that encodes sound for programs ended or was too slow',
  'provider.unreachable': 'a speech or chat server did not take the connection',
  'provider.refused': 'a speech or chat server answered with an error',
  'provider.bad_key': 'a speech or chat server refused the key',
  'provider.rate_limited': 'a speech or chat server is limiting us',
  'provider.late': 'a speech or chat server was silent for too long',
  'provider.wrong_type':
    'a speech or chat server answered with something else than asked (HTML, say)',
  'provider.empty': 'a speech or chat server answered with nothing',
  'provider.truncated': 'a stream of a speech or chat server ended before its end marker',
  'speech.failed': 'an embedded speech engine failed',
  'speech.unspeakable': 'a text without anything an engine can say',
  'speech.no_voice': 'a text in a language that no voice speaks',
  'link.lost': 'the voice link went away',
  'link.refused': 'Discord closed the voice link again and again',
  'link.timeout': 'Discord did not open the voice link in time',
  'link.rate_limited': 'Discord wants its voice servers left alone for a while',
  'link.offline': 'the main gateway of Discord was away while the bot was to join',
  'link.no_cipher': 'Discord offers no encryption of voice this version knows',
  'link.no_end_to_end': 'Discord demands end-to-end encryption of voice this version cannot do',
  'link.unsupported': 'the voice library lacks something the link stands on',
  'discord.bad_token': 'Discord refused the token',
  'discord.intent_refused': 'Discord refuses an intent that MESSAGE_CONTENT asks for',
  'discord.too_few_shards': 'Discord demands more shards than there are',
  'discord.unreachable': 'the Discord API could not be reached',
  'discord.forbidden': 'the bot lacks a permission in a channel',
  'discord.unsent': 'a message waited too long for Discord, or too many waited',
  'shards.other_bot': 'the database belongs to another bot',
  'shards.other_count':
    'SHARDS differs from the number of shards that the processes of this bot agreed on',
  'shards.in_use': 'the number of shards was to change while a process may serve one',
  'answer.late': 'a stage of an answer did not come to its end in time',
  'tool.late': 'a tool of the model did not come to its end in time',
  'tool.unreachable': 'a server of tools could not be started or reached',
  'tool.crashed':
    'a server of tools, or a function of the operator, ended in the middle of its work',
  'tool.flooded': 'a server of tools sent more than it may',
  'tool.refused': 'a server of tools refused a call, or does not keep to the protocol',
  'tool.asks': 'a tool wanted to ask a model or a person, which none may',
  'tool.threw': 'a function of the operator threw, or took too much memory',
  'store.unreadable': 'what is kept about people and panels cannot be read',
  'store.unwritable': 'what is kept about people and panels cannot be written',
  'store.in_use': 'another process works on the folder of the store',
  'store.newer': 'the store was written by a later version of this program',
  'store.older': 'the store was written by a version from before the first release',
  'store.too_old': 'a copy of the store from before what is known of people who were forgotten',
  'store.misconfigured': 'the database of DATABASE_URL cannot be used as it is',
  'source.not_audio': 'a file or link that is no sound we can read, or a damaged one',
  'source.too_long': 'a sound that takes longer than it may',
  'source.too_big': 'a file or link with more bytes than it may have',
  'source.broken': 'a sound whose maker broke on the way',
  'source.not_allowed': 'a link to an address that may not be asked from here',
  'source.blocked': 'a sound of somebody whose files ended two decoding processes of late',
  'source.crowded': 'a sound that needs ffmpeg while as many are played by it as may be',
  'source.unreachable': 'a file or link that was not there, or did not arrive in time',
  'sandbox.failed': 'the sandbox did not start or went away',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** Step of an answer in which a failure happened, as a person would name it. */
export type FailureStage = 'recognise' | 'think' | 'speak' | 'link';

/** Facts about the server behind a failure, for the text that people read. */
export type FailureServer = {
  /** Name for people, say `127.0.0.1:8000`. */
  readonly provider?: string;
  /** The setting that holds the key it was asked with. */
  readonly keySetting?: string;
  /** HTTP status of its answer. */
  readonly status?: number;
  /** Time, in ms, that the server asks us to wait. */
  readonly retryAfterMs?: number;
  /** True when prepaid credit is used up: waiting does not help. */
  readonly isSpent?: boolean;
  /** The server's own sentence, which may quote what people said: for the doctor, never for the log. */
  readonly serverWords?: string;
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

/** A copy of a BotError with more known about the server behind it. */
export function withAbout(error: BotError, more: FailureServer): BotError {
  const { code, retryable, message, cause, stage, about } = error;
  return new BotError(code, retryable, message, cause, stage, { ...about, ...more });
}
