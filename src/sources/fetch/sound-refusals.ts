import { BotError } from '#src/base/errors.ts';

// Addresses are private, so no message of these errors contains one.

/** Creates the error for bytes that are no sound, or cannot be decoded. */
export function createNotAudioError(reason: string, cause?: unknown): BotError {
  return new BotError(
    'source.not_audio',
    false,
    `A sound could not be read: ${reason}.`,
    cause,
  );
}

/** Creates the error for a format that only ffmpeg reads, where there is none. */
export function createNeedsFfmpegError(format: string): BotError {
  const message = `A sound could not be read: it is ${format}, which needs ffmpeg.`;
  const about = { ffmpegFormat: format };
  return new BotError('source.not_audio', false, message, undefined, undefined, about);
}

/** Creates the error for a sound that lasts longer than `maxMs`. */
export function createTooLongError(maxMs: number): BotError {
  return new BotError(
    'source.too_long',
    false,
    `A sound exceeds the limit of ${maxMs / 1000} s.`,
  );
}

/** Creates the error for a file of more than `maxBytes`. */
export function createTooBigError(maxBytes: number): BotError {
  return new BotError(
    'source.too_big',
    false,
    `A sound exceeds the limit of ${maxBytes} bytes.`,
  );
}

/** Creates the error for a link that must not be fetched. */
export function createNotAllowedError(reason: string): BotError {
  return new BotError(
    'source.not_allowed',
    false,
    `A sound was not fetched: ${reason}.`,
  );
}

/** Creates the error for one more ffmpeg program than the limit. */
export function createCrowdedError(): BotError {
  return new BotError(
    'source.crowded',
    true,
    'A sound was refused: the limit of ffmpeg programs is reached.',
  );
}

/** Creates the error for a status that says that there is no such sound. A retry changes nothing. */
export function createGoneError(status: number): BotError {
  return new BotError(
    'source.unreachable',
    false,
    `A sound did not arrive: the server answered with ${status}.`,
    undefined,
    undefined,
    { status },
  );
}

/** Creates the error for a sound that a retry may reach. */
export function createUnreachableError(reason: string, cause?: unknown): BotError {
  return new BotError(
    'source.unreachable',
    true,
    `A sound did not arrive: ${reason}.`,
    cause,
  );
}

/** Creates the error for bytes that came once and have been read. */
export function createSpentError(): BotError {
  return new BotError(
    'source.unreachable',
    false,
    'A sound did not arrive: its bytes came once, and are used up.',
  );
}
