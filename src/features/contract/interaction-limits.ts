import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import type { GuildId } from '#src/base/ids.ts';
import type { TextLine } from '#src/texts/texts.ts';

export type UseLimit = (guildId: GuildId, userId: string) => Promise<number>;

/** Creates a limit of uses, which returns how many ms a person or program has to wait. */
export function createUseLimit(maxUses = 10, windowSeconds = 20): UseLimit {
  // A refused call gets a reply, since Discord would report that nobody responded.
  const uses = new RateLimiterMemory({ points: maxUses, duration: windowSeconds });
  return async (guildId, userId) => {
    try {
      await uses.consume(`${guildId} ${userId}`);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return error.msBeforeNext;
      throw error;
    }
  };
}

export function toSlowDownLine(waitMs: number): TextLine {
  return { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) } };
}
