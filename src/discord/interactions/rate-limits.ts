import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';

/** Person in a server whose command or button is counted. */
export type LimitedPerson = { readonly userId: string; readonly guildId: string };

/** Whether it is done. A person reads each refusal; only a flood of them is dropped. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly waitMs: number }
  | { readonly kind: 'dropped' };

export const admitted: Admission = { kind: 'admitted' };

/** Most commands and buttons of a person in a server, and the time in which they count. As many refusals are told in it. */
const [maxUses, windowS] = [10, 20];

/**
 * Rate limit of commands and buttons, for each person in a server. What ends, silences or refuses is not asked here
 * (`isNeverLimited` of a command).
 */
export class InteractionLimits {
  readonly #uses = new RateLimiterMemory({ points: maxUses, duration: windowS });
  readonly #refusals = new RateLimiterMemory({ points: maxUses, duration: windowS });

  async admit({ userId, guildId }: LimitedPerson): Promise<Admission> {
    const person = `${guildId} ${userId}`;
    const waitMs = await takeOne(this.#uses, person);
    if (waitMs === 0) return admitted;
    const isFlood = (await takeOne(this.#refusals, person)) > 0;
    return isFlood ? { kind: 'dropped' } : { kind: 'refused', waitMs };
  }
}

/** Takes one use of `key`. Returns 0, or the milliseconds until there is one. */
async function takeOne(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext;
    throw error;
  }
}
