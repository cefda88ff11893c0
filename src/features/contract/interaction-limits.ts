import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Counts a use of a person or program. Returns 0, or how many ms they have to wait. */
export type UseLimit = (guildId: GuildId, userId: PersonId) => Promise<number>;

/** Creates a limit of uses for each person or program in a server. */
export function createUseLimit(
  maxUses: number = 10,
  windowSeconds: number = 20,
): UseLimit {
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

/** Returns the line for a person who has to wait. */
export function toSlowDownLine(waitMs: number): TextLine {
  return { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) } };
}
