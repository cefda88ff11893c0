import { BotError } from '#src/base/errors.ts';

/** A parser may refuse its input with a BotError; anything else that it throws is a finding. */
export function ignoreBotError(read: () => unknown) {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
  }
}
