import { matchPath, type RestAnswer } from './rest-route.ts';

/** A fault of a REST request on its way. Without `status` it is only late. */
export type RestFault = {
  readonly method?: string;
  /** Path as the route writes it, say `/interactions/:id/:token/callback`; default: every one. */
  readonly path?: string;
  /** Number of requests with this fault; default 1, Infinity: all until healed. */
  readonly times?: number;
  readonly delayMs?: number;
  /** Answered instead; `cut` ends the connection without an answer. */
  readonly status?: number | 'cut';
  /** Discord's own code and words; default: those usual for the status. */
  readonly code?: number;
  readonly message?: string;
  /** The request did what it asked for, and only the answer went wrong. */
  readonly tookEffect?: boolean;
  /** Wait that a 429 asks for; default 1000. */
  readonly retryAfterMs?: number;
  /** Limit that a 429 names; default `user`. */
  readonly scope?: 'user' | 'global' | 'shared';
};

type PendingRestFault = { readonly fault: RestFault; left: number };

/** The faults that wait for a request. */
export class RestFaults {
  #standing: readonly PendingRestFault[] = [];

  add(fault: RestFault): void {
    this.#standing = [...this.#standing, { fault, left: fault.times ?? 1 }];
  }

  clear(): void {
    this.#standing = [];
  }

  /** The first that fits, used up by one. */
  next(method: string, path: string): RestFault | undefined {
    const standing = this.#standing.find(
      ({ fault, left }) => left > 0 && fits(fault, method, path),
    );
    if (standing) standing.left--;
    return standing?.fault;
  }
}

/** The answer a fault gives instead of Discord's own. */
export function faultAnswer(fault: RestFault): RestAnswer | undefined {
  const { status, code, message, retryAfterMs = 1000, scope = 'user' } = fault;
  if (status === undefined || status === 'cut') return undefined;
  if (status === 429) return tooManyRequests(retryAfterMs, scope);
  const usual = usualBodies[status] ?? { code: 0, message: `${status}: Error` };
  if (status >= 502 && code === undefined) return { status, html: `<html>${usual.message}</html>` };
  return { status, body: { message: message ?? usual.message, code: code ?? usual.code } };
}

/** Source: Discord docs, "Rate Limits"; the header counts whole seconds, the body fractions. */
export function tooManyRequests(
  retryAfterMs: number,
  scope: 'user' | 'global' | 'shared',
): RestAnswer {
  const global = scope === 'global';
  const message = 'You are being rate limited.';
  return {
    status: 429,
    body: { message, retry_after: retryAfterMs / 1000, global },
    headers: {
      'retry-after': `${Math.ceil(retryAfterMs / 1000)}`,
      'x-ratelimit-scope': scope,
      ...(global ? { 'x-ratelimit-global': 'true' } : {}),
    },
  };
}

const usualBodies: Readonly<Record<number, { readonly code: number; readonly message: string }>> = {
  400: { code: 50_035, message: 'Invalid Form Body' },
  401: { code: 0, message: '401: Unauthorized' },
  403: { code: 50_013, message: 'Missing Permissions' },
  404: { code: 0, message: '404: Not Found' },
  500: { code: 0, message: '500: Internal Server Error' },
  502: { code: 0, message: '502 Bad Gateway' },
  503: { code: 0, message: '503 Service Unavailable' },
  504: { code: 0, message: '504 Gateway Time-out' },
};

function fits(fault: RestFault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  return fault.path === undefined || matchPath(fault.path, path) !== undefined;
}
