import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js';
import type { TextLine } from '#src/texts/texts.ts';

/** Person in a server whose commands, buttons or lines are counted. */
export type LimitedPerson = { readonly userId: string; readonly guildId: string };

/** Whether it is done. A person reads each refusal; only a flood of them is dropped. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly line: TextLine }
  | { readonly kind: 'dropped' };

/** Most commands and buttons of a person in a server, or lines, and the time in which they count. */
const [maxUses, windowS] = [10, 20];

/**
 * Rate limit for each person in a server: one for commands and buttons, one for lines that the bot answers. What ends, silences or
 * refuses is not asked here (`isNeverLimited` of a command).
 */
export class InteractionLimits {
  readonly #uses = new RateLimiterMemory({ points: maxUses, duration: windowS });
  readonly #refusals: RateLimiterMemory;

  /** `maxRefusals`: refusals that are told in the time in which uses count. */
  constructor(maxRefusals: number) {
    this.#refusals = new RateLimiterMemory({ points: maxRefusals, duration: windowS });
  }

  async admit({ userId, guildId }: LimitedPerson): Promise<Admission> {
    const person = `${guildId} ${userId}`;
    const waitMs = await takeOne(this.#uses, person);
    if (waitMs === 0) return { kind: 'admitted' };
    const isFlood = (await takeOne(this.#refusals, person)) > 0;
    if (isFlood) return { kind: 'dropped' };
    return { kind: 'refused', line: { id: 'slow.down', with: { s: Math.ceil(waitMs / 1_000) } } };
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
