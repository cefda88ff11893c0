import { createHash } from 'node:crypto';
import { type Rate, type RateState, RateWindow } from '#sandbox/rate-window.ts';
import type { PathParams, RestRoute } from './rest-route.ts';

/**
 * Rate limits by route, for each channel, server or interaction. Discord publishes none of these. They are the limits that its headers
 * commonly say. Interaction callbacks have no limit.
 */
const routeRates: Readonly<Record<string, Rate>> = {
  'POST /channels/:channel/messages': { limit: 5, perMs: 5000 },
  'PATCH /channels/:channel/messages/:message': { limit: 5, perMs: 5000 },
  'DELETE /channels/:channel/messages/:message': { limit: 5, perMs: 1000 },
  'POST /webhooks/:app/:token': { limit: 5, perMs: 2000 },
  'PATCH /webhooks/:app/:token/messages/:message': { limit: 5, perMs: 2000 },
};

/** Requests that a bot may make in all. Source: https://discord.com/developers/docs/topics/rate-limits#global-rate-limit */
const globalRate: Rate = { limit: 50, perMs: 1000 };

/** Path parameters with a bucket of their own for each value. Source: https://discord.com/developers/docs/topics/rate-limits */
const majorParameters = ['channel', 'guild', 'token'];

/** State of a bucket, with the headers of the answer. */
export type LimitedState = RateState & {
  readonly headers: Readonly<Record<string, string>>;
};

/** Counts requests against the limits of Discord. */
export class RestRateLimits {
  readonly #windows = new Map<string, RateWindow>();

  /** Counts a request of the bot for any route. */
  takeGlobal(nowMs: number): RateState {
    return this.#getWindow('').takeOne(globalRate, nowMs);
  }

  /**
   * Counts one request in its bucket. Returns headers of the answer, and `isOver` when it
   * is a 429. Undefined for a route without a limit.
   */
  takeRequest(
    { method, path }: RestRoute,
    params: PathParams,
    instant: { readonly nowMs: number; readonly wallMs: number },
  ): LimitedState | undefined {
    const route = `${method} ${path}`;
    const rate = routeRates[route];
    if (!rate) return undefined;
    const major = majorParameters.map((name) => params.get(name) ?? '').join('/');
    const window = this.#getWindow(`${route} ${major}`);
    const state = window.takeOne(rate, instant.nowMs);
    const { remaining, resetAfterMs } = state;
    // Source: https://discord.com/developers/docs/topics/rate-limits#header-format
    const headers = {
      'x-ratelimit-limit': `${rate.limit}`,
      'x-ratelimit-remaining': `${remaining}`,
      'x-ratelimit-reset': ((instant.wallMs + resetAfterMs) / 1000).toFixed(3),
      'x-ratelimit-reset-after': (resetAfterMs / 1000).toFixed(3),
      'x-ratelimit-bucket': createHash('md5').update(route).digest('hex'),
    };
    return { ...state, headers };
  }

  #getWindow(key: string) {
    const window = this.#windows.get(key) ?? new RateWindow();
    this.#windows.set(key, window);
    return window;
  }
}
