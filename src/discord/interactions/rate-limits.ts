import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';

/** Person in a server whose command or button is counted. */
export type LimitedPerson = { readonly userId: string; readonly guildId: string };

/** Whether it is done; or not, which is told in private once and then not at all. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly waitMs: number }
  | { readonly kind: 'dropped' };

/** Most commands and buttons of a person in a server, and the time, in s, in which they count. */
const [most, windowS] = [10, 20];
/** Least time between two refusals that one person reads, in s. */
const reportEveryS = 30;

/** Rate limit of commands and buttons, for each person in a server. */
export class InteractionLimits {
  readonly #people = new RateLimiterMemory({ points: most, duration: windowS });
  readonly #reported = new RateLimiterMemory({ points: 1, duration: reportEveryS });

  async admit({ userId, guildId }: LimitedPerson): Promise<Admission> {
    const person = `${guildId} ${userId}`;
    const ms = await waitMs(this.#people, person);
    if (ms === 0) return { kind: 'admitted' };
    if ((await waitMs(this.#reported, person)) > 0) return { kind: 'dropped' };
    return { kind: 'refused', waitMs: ms };
  }
}

/** Takes one of `key`: 0, or how many milliseconds until there is one. */
async function waitMs(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.msBeforeNext;
    throw error;
  }
}
