import { BotError } from '#src/base/errors.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';

/**
 * Fills `reply` by `work`: what went wrong outside, or undefined. What there is of the reply plays on either way.
 *
 * Throws what is a bug. Aborting `signal` throws what `work` threw.
 */
export async function deliver(
  reply: SpokenReply,
  work: () => Promise<void>,
  signal: AbortSignal,
): Promise<BotError | undefined> {
  try {
    await work();
    reply.end();
    return undefined;
  } catch (error) {
    if (signal.aborted || !(error instanceof BotError)) throw error;
    reply.fail();
    return error;
  }
}
