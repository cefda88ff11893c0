import { BotError } from '#src/base/errors.ts';

/** Errors of sounds from outside. Addresses are private, so no message contains one. */
export const refusals = {
  notAudio: (why: string, cause?: unknown) =>
    new BotError(
      'source.not_audio',
      false,
      `A sound could not be read: ${why}.`,
      cause,
    ),
  tooLong: (longestMs: number) =>
    new BotError(
      'source.too_long',
      false,
      `A sound exceeds the limit of ${longestMs / 1000} s.`,
    ),
  tooBig: (mostBytes: number) =>
    new BotError(
      'source.too_big',
      false,
      `A sound exceeds the limit of ${mostBytes} bytes.`,
    ),
  notAllowed: (why: string) =>
    new BotError('source.not_allowed', false, `A sound was not fetched: ${why}.`),
  crowded: () =>
    new BotError(
      'source.crowded',
      true,
      'A sound was refused: the limit of ffmpeg programs is reached.',
    ),
  /** A retry changes nothing. */
  gone: (status: number) =>
    new BotError(
      'source.unreachable',
      false,
      `A sound did not arrive: the server answered with ${status}.`,
      undefined,
      undefined,
      { status },
    ),
  unreachable: (why: string, cause?: unknown) =>
    new BotError('source.unreachable', true, `A sound did not arrive: ${why}.`, cause),
} as const;
