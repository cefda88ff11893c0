import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';

/** Most commands and buttons of a person in a server, and the time in which they count. */
const [maxUses, windowS] = [10, 20];

/**
 * Rate limit of commands and buttons, for each person in a server. What ends, silences or refuses is not asked here
 * (`isNeverLimited` of a command). Whatever is refused is answered all the same: of what gets no answer, Discord says that the
 * application did not respond.
 */
export class InteractionLimits {
  readonly #uses = new RateLimiterMemory({ points: maxUses, duration: windowS });

  /** Takes one use. Returns 0, or the milliseconds until there is one. */
  async take(guildId: string, userId: string): Promise<number> {
    try {
      await this.#uses.consume(`${guildId} ${userId}`);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return error.msBeforeNext;
      throw error;
    }
  }
}
