/** Rate of a token bucket: size of a burst, and tokens added per second. */
export type BucketRate = { readonly burst: number; readonly perSecond: number };

type Bucket = { tokens: number; atMs: number };

/** Keys that are remembered; above that, those go first that were used longest ago. */
const mostKeys = 10_000;

/**
 * Token buckets by key: a rate limit for each person, each server.
 *
 * A clock that is put back gives nobody tokens, and takes none.
 */
export class TokenBuckets {
  readonly #rate: BucketRate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: BucketRate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#buckets.size;
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
