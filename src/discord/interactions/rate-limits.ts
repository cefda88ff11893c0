import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';

/** Request for a command, button or suggestion by a person. */
export type LimitedRequest = {
  readonly kind: 'command' | 'suggestion';
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

/** Time, in s, in which a person gets twice the commands of 10 s, all at once if they like. */
const windowS = 20;
/** Limit of a server as a multiple of one person's, and keystrokes allowed per command. */
const [serverTimes, keysForEach] = [4, 10];
/** Least time between two refusals that one person reads, in s. */
const reportEveryS = 30;

/** Commands that end sound or hearing: others' commands never hold them up. */
const quietening = new Set([
  ...['leave', 'stop', 'press stop', 'privacy deny', 'privacy pause', 'press consent.never'],
  ...['press pause', 'privacy forget', 'press forget.confirm'],
]);

/** Rate limit of commands, buttons and suggestions, for each person and each server; `perPerson` commands in 10 s, 0: no limit. */
export class InteractionLimits {
  readonly #isOff: boolean;
  readonly #people: RateLimiterMemory;
  readonly #servers: RateLimiterMemory;
  readonly #typists: RateLimiterMemory;
  readonly #reported = new RateLimiterMemory({ points: 1, duration: reportEveryS });

  constructor(perPerson: number) {
    this.#isOff = perPerson === 0;
    const of = (times: number) =>
      new RateLimiterMemory({ points: 2 * times * perPerson, duration: windowS });
    this.#people = of(1);
    this.#servers = of(serverTimes);
    this.#typists = of(keysForEach);
  }

  async admit({ kind, name, userId, guildId }: LimitedRequest): Promise<Admission> {
    if (this.#isOff) return { kind: 'admitted' };
    if (kind === 'suggestion')
      return { kind: (await waitMs(this.#typists, userId)) === 0 ? 'admitted' : 'dropped' };
    const ownMs = await waitMs(this.#people, userId);
    const isFree = ownMs > 0 || quietening.has(name);
    const ms = isFree ? ownMs : await waitMs(this.#servers, guildId);
    if (ms === 0) return { kind: 'admitted' };
    if ((await waitMs(this.#reported, userId)) > 0) return { kind: 'dropped' };
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
