import { createHash } from 'node:crypto';
import { matchPath } from './rest-route.ts';

/** Rate limit of a route: `limit` requests in `perMs`, for each channel, server or interaction. */
export type RateLimit = {
  readonly method: string;
  /** Path as the route writes it: `/channels/:channel/messages`. */
  readonly path: string;
  readonly limit: number;
  readonly perMs: number;
};

/** Discord publishes none of these; they are what its headers commonly say. Interaction callbacks have no limit. */
export const usualRateLimits: readonly RateLimit[] = [
  { method: 'POST', path: '/channels/:channel/messages', limit: 5, perMs: 5000 },
  { method: 'PATCH', path: '/channels/:channel/messages/:message', limit: 5, perMs: 5000 },
  { method: 'DELETE', path: '/channels/:channel/messages/:message', limit: 5, perMs: 1000 },
  { method: 'POST', path: '/webhooks/:app/:token', limit: 5, perMs: 2000 },
  { method: 'PATCH', path: '/webhooks/:app/:token/messages/:message', limit: 5, perMs: 2000 },
];

/** Requests a second that a bot may make in all. Source: Discord docs, "Global Rate Limit". */
export const usualGlobalLimit = 50;

/** Rate limit headers of an answer; `over` when it is a 429. */
export type LimitState = {
  readonly bucket: string;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAfterMs: number;
  readonly over: boolean;
};

type Bucket = { used: number; resetAtMs: number };

/** Path parameters with a bucket of their own for each value. Source: Discord docs, "Rate Limits", top-level resources. */
const majorParams = ['channel', 'guild', 'token'];

/** Counts requests against the limits. */
export class RestRateLimits {
  readonly #limits: readonly RateLimit[];
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: readonly RateLimit[]) {
    this.#limits = limits;
  }

  /** Takes one request from its bucket; undefined for a route without a limit. */
  take(method: string, path: string, nowMs: number): LimitState | undefined {
    for (const [number, rule] of this.#limits.entries()) {
      const params = rule.method === method ? matchPath(rule.path, path) : undefined;
      if (!params) continue;
      const major = majorParams.map((name) => params.get(name) ?? '').join('/');
      const bucket = this.#bucket(`${number}/${major}`, rule, nowMs);
      const over = bucket.used >= rule.limit;
      if (!over) bucket.used++;
      return {
        bucket: createHash('md5').update(`${rule.method} ${rule.path}`).digest('hex'),
        limit: rule.limit,
        remaining: rule.limit - bucket.used,
        resetAfterMs: bucket.resetAtMs - nowMs,
        over,
      };
    }
    return undefined;
  }

  #bucket(key: string, { perMs }: RateLimit, nowMs: number): Bucket {
    const former = this.#buckets.get(key);
    if (former && former.resetAtMs > nowMs) return former;
    const bucket = { used: 0, resetAtMs: nowMs + perMs };
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

/** Counts all requests of the bot, second by second from the first one. */
export class GlobalRateLimit {
  perSecond: number;
  #windowFromMs = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** Wait in ms when the limit is reached; undefined when the request is let through. */
  take(nowMs: number): number | undefined {
    if (nowMs - this.#windowFromMs >= windowMs) {
      this.#windowFromMs = nowMs;
      this.#used = 0;
    }
    if (this.#used >= this.perSecond) return this.#windowFromMs + windowMs - nowMs;
    this.#used++;
    return undefined;
  }
}

const windowMs = 1000;

/** Source: Discord docs, "Rate Limits", header format. */
export function limitHeaders(state: LimitState, wallMs: number): Record<string, string> {
  return {
    'x-ratelimit-limit': `${state.limit}`,
    'x-ratelimit-remaining': `${state.remaining}`,
    'x-ratelimit-reset': ((wallMs + state.resetAfterMs) / 1000).toFixed(3),
    'x-ratelimit-reset-after': (state.resetAfterMs / 1000).toFixed(3),
    'x-ratelimit-bucket': state.bucket,
  };
}
