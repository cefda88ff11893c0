import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import type { TextLine } from '#src/texts/texts.ts';

const windowSeconds = 20;

/**
 * Refused calls still get a reply, since Discord would report that the application did not respond.
 */
export class InteractionLimits {
  readonly #uses;

  constructor(maxUses = 10) {
    this.#uses = new RateLimiterMemory({ points: maxUses, duration: windowSeconds });
  }

  async takeUse(guildId: GuildId, userId: PersonId): Promise<number> {
    try {
      await this.#uses.consume(`${guildId} ${userId}`);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return error.msBeforeNext;
      throw error;
    }
  }
}

export function toSlowDownLine(waitMs: number): TextLine {
  return { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) } };
}
