import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import type { TextLine } from '#src/texts/texts.ts';

/** Time in which uses count. */
const windowSeconds = 20;

/**
 * Rate limit for each person in a server: of commands and buttons, of lines that the bot answers, or of refusals that stand in the
 * chat. What ends, silences or refuses is not asked here (`isNeverLimited` of a command). A refused interaction is answered all
 * the same: of what gets no answer, Discord says that the application did not respond.
 */
export class InteractionLimits {
  readonly #uses;

  constructor(maxUses = 10) {
    this.#uses = new RateLimiterMemory({ points: maxUses, duration: windowSeconds });
  }

  /** Takes one use. Returns 0, or the milliseconds until there is one. */
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

/** The sentence of a refusal. */
export function toSlowDownLine(waitMs: number): TextLine {
  return { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) } };
}
