import { type RestAnswer, refusal } from './rest-route.ts';

/** A fault of a REST request on its way. Without `status` it is only late. */
export type RestFault = {
  readonly method?: string;
  /** Path as the route writes it, say `/interactions/:id/:token/callback`; default: every one. */
  readonly path?: string;
  readonly times?: number;
  readonly delayMs?: number;
  /** Answered instead; `cut` ends the connection without an answer. */
  readonly status?: number | 'cut';
  /** Discord's own code; default 0. */
  readonly code?: number;
  /** The request did what it asked for, and only the answer went wrong. */
  readonly tookEffect?: true;
};

/** The answer a fault gives instead of Discord's own; none where the connection is cut. */
export function faultAnswer({ status, code = 0 }: RestFault): RestAnswer | undefined {
  return typeof status === 'number' ? refusal(status, code, `${status}: Error`) : undefined;
}

/** Source: Discord docs, "Rate Limits"; the header counts whole seconds, the body fractions. */
export function tooManyRequests(retryAfterMs: number, scope: 'user' | 'global'): RestAnswer {
  const global = scope === 'global';
  const message = 'You are being rate limited.';
  return {
    status: 429,
    body: { message, retry_after: retryAfterMs / 1000, global },
    headers: {
      'retry-after': `${Math.ceil(retryAfterMs / 1000)}`,
      'x-ratelimit-scope': scope,
      ...(global && { 'x-ratelimit-global': 'true' }),
    },
  };
}
