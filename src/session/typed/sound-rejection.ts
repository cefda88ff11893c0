import { BotError } from '#src/base/errors.ts';
import { longestRecordingMs } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Text for the sender of a sound that cannot be used; undefined for any other failure. */
export function soundRejection(error: unknown): TextLine | undefined {
  if (!(error instanceof BotError)) return undefined;
  switch (error.code) {
    case 'source.not_audio':
      return { id: 'ask.bad.not_audio' };
    case 'source.too_long':
      return { id: 'ask.bad.too_long', with: { max: longestRecordingMs / 1000 } };
    case 'source.too_big':
      return { id: 'ask.bad.too_big' };
    case 'source.not_allowed':
      return { id: 'ask.bad.not_allowed' };
    case 'source.blocked':
      return { id: 'ask.bad.blocked' };
    case 'source.unreachable':
      return { id: 'ask.bad.unreachable' };
    default:
      return undefined;
  }
}
