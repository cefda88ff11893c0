import { BotError } from '#src/base/errors.ts';

/** Errors of sounds from outside; no message contains addresses, which are private. */
export const refusals = {
  notAudio: (why: string, cause?: unknown) =>
    new BotError('source.not_audio', false, `A sound could not be read: ${why}.`, cause),
  tooLong: (longestMs: number) =>
    new BotError('source.too_long', false, `A sound was longer than ${longestMs / 1000} s.`),
  tooBig: (mostBytes: number) =>
    new BotError('source.too_big', false, `A sound had more than ${mostBytes} bytes.`),
  notAllowed: (why: string) =>
    new BotError('source.not_allowed', false, `A sound was not fetched: ${why}.`),
  blocked: () =>
    new BotError('source.blocked', true, 'A sound was refused: those before it ended decoders.'),
  crowded: () =>
    new BotError('source.crowded', true, 'A sound was refused: too many are played by ffmpeg.'),
  unreachable: (why: string, cause?: unknown) =>
    new BotError('source.unreachable', true, `A sound did not arrive: ${why}.`, cause),
} as const;
