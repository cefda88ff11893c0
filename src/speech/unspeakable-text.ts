import { BotError } from '#src/base/errors.ts';

/** Creates the BotError `speech.unspeakable` of a text without a word. */
export function createUnspeakableError(): BotError {
  return new BotError('speech.unspeakable', false, 'The text has nothing to speak.');
}
