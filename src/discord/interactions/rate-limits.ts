import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';

/** Request for a command or button by a person. */
export type LimitedRequest = {
  /** Name, say `join` or `press stop`. */
  readonly name: string;
  readonly userId: string;
  readonly guildId: string;
};

/** Whether it is done; or not, which is told in private once and then not at all. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly waitMs: number }
  | { readonly kind: 'dropped' };

/** Time, in s, in which each limit counts. */
const windowS = 20;
/** Most commands and buttons of a person in a server, and of a server. */
const [personMost, serverMost] = [10, 40];
/** Least time between two refusals that one person reads, in s. */
const reportEveryS = 30;

/** Commands that end sound or hearing: others' commands never hold them up. */
const quietening = new Set([
  ...['leave', 'stop', 'press stop', 'privacy deny', 'privacy pause', 'press consent.never'],
  ...['press pause', 'privacy forget', 'press confirm'],
]);

/** Rate limits of commands and buttons, for each person in a server and each server. */
export class InteractionLimits {
  readonly #people = new RateLimiterMemory({ points: personMost, duration: windowS });
  readonly #servers = new RateLimiterMemory({ points: serverMost, duration: windowS });
  readonly #reported = new RateLimiterMemory({ points: 1, duration: reportEveryS });

  async admit({ name, userId, guildId }: LimitedRequest): Promise<Admission> {
    const person = `${guildId} ${userId}`;
    const ownMs = await waitMs(this.#people, person);
    const isFree = ownMs > 0 || quietening.has(name);
    const ms = isFree ? ownMs : await waitMs(this.#servers, guildId);
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
