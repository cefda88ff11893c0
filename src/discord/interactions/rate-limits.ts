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

const windowSeconds = 10;
/** Limit of a server as a multiple of one person's, and keystrokes allowed per command. */
const [serverTimes, keysForEach] = [4, 10];
/** Joins of one server in a minute. */
const joinsPerMinute = 3;
/** Least time between two refusals that one person reads, in s. */
const reportEverySeconds = 30;

/** Commands that end sound or hearing: others' commands never hold them up. */
const quietening = new Set([
  ...['leave', 'stop', 'press stop', 'privacy deny', 'privacy pause', 'press consent.never'],
  ...['press pause', 'privacy forget', 'press forget.confirm'],
]);

/**
 * Rate limit of commands, buttons and suggestions, for each person and each server.
 *
 * `perPerson` commands in 10 s, twice as many at once; 0: no limit.
 */
export class InteractionLimits {
  readonly #isOff: boolean;
  readonly #people: TokenBuckets;
  readonly #servers: TokenBuckets;
  readonly #typists: TokenBuckets;
  readonly #typing: TokenBuckets;
  readonly #joins = new TokenBuckets({ burst: joinsPerMinute, perSecond: joinsPerMinute / 60 });
  readonly #reported = new TokenBuckets({ burst: 1, perSecond: 1 / reportEverySeconds });

  constructor(perPerson: number) {
    this.#isOff = perPerson === 0;
    const of = (times: number) =>
      new TokenBuckets({
        burst: 2 * times * perPerson,
        perSecond: (times * perPerson) / windowSeconds,
      });
    this.#people = of(1);
    this.#servers = of(serverTimes);
    this.#typists = of(keysForEach);
    this.#typing = of(keysForEach * serverTimes);
  }

  admit({ kind, name, userId, guildId }: LimitedRequest, nowMs: number): Admission {
    if (this.#isOff) return { kind: 'admitted' };
    if (kind === 'suggestion') {
      const waitMs = this.#typists.take(userId, nowMs) || this.#typing.take(guildId, nowMs);
      return { kind: waitMs === 0 ? 'admitted' : 'dropped' };
    }
    const waitMs = this.#people.take(userId, nowMs) || this.#inServer(name, guildId, nowMs);
    if (waitMs === 0) return { kind: 'admitted' };
    if (this.#reported.take(userId, nowMs) > 0) return { kind: 'dropped' };
    return { kind: 'refused', waitMs };
  }

  #inServer(name: string, guildId: string, nowMs: number): number {
    if (quietening.has(name)) return 0;
    const waitMs = this.#servers.take(guildId, nowMs);
    return waitMs === 0 && name === 'join' ? this.#joins.take(guildId, nowMs) : waitMs;
  }
}

/** Rate of a token bucket: size of a burst, and tokens added per second. */
type BucketRate = { readonly burst: number; readonly perSecond: number };

type Bucket = { tokens: number; atMs: number };

/** Keys that are remembered; above that, those go first that were used longest ago. */
const mostKeys = 10_000;

/**
 * Token buckets by key: a rate limit for each person, each server.
 *
 * A clock that is put back adds no tokens, and takes none.
 */
export class TokenBuckets {
  readonly #rate: BucketRate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: BucketRate) {
    this.#rate = rate;
  }

  /** Takes one token: 0, or how many milliseconds until there is one. */
  take(key: string, nowMs: number): number {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    const tokens = Math.min(burst, bucket.tokens + (passedMs / 1_000) * perSecond);
    const waitMs = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1_000);
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: waitMs === 0 ? tokens - 1 : tokens, atMs: nowMs });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return waitMs;
  }
}
