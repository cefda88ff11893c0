import { DiscordAPIError, RateLimitError } from 'discord.js';
import type { SyncTiming } from '#src/base/clock.ts';

/** A request as it was sent. */
type SentRequest = {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly route: string;
  readonly atMs: number;
  readonly content?: string;
  readonly nonce?: string;
  /** False for a request that a webhook's token admits. */
  readonly auth?: boolean;
};

type GivenRequest = { readonly auth?: boolean; readonly body?: unknown };

/** A REST client that notes what is sent, answers after `answerMs`, and fails as `failures` say, one request each. */
export function openRest(
  timing: SyncTiming,
  failures: (Error | 'hang' | undefined)[] = [],
  answerMs = 0,
) {
  const sent: SentRequest[] = [];
  let posted = 0;
  const makeRequest =
    (method: SentRequest['method']) =>
    async (route: string, { auth, body }: GivenRequest = {}) => {
      const { content, nonce }: Partial<SentRequest> = Object(body);
      sent.push({ method, route, atMs: timing.nowMs(), content, nonce, auth });
      const failure = failures.shift();
      if (failure === 'hang') return await new Promise(() => {});
      if (answerMs > 0)
        await new Promise<void>((resolve) => void timing.later(answerMs, resolve));
      if (failure) throw failure;
      posted += method === 'POST' ? 1 : 0;
      return { id: `m${posted}`, content };
    };
  const rest = {
    get: async () => ({}),
    post: makeRequest('POST'),
    patch: makeRequest('PATCH'),
    delete: makeRequest('DELETE'),
  };
  return { rest, sent, failures };
}

/** Discord says no: with that HTTP status, for that reason. */
export function makeRefusal(status: number, code: number) {
  return new DiscordAPIError({ code, message: 'no' }, code, status, 'PATCH', '/', {});
}

/** Discord says not yet, for so many milliseconds. */
export function makeRateLimit(retryAfter: number) {
  return new RateLimitError({
    timeToReset: retryAfter,
    limit: 5,
    method: 'PATCH',
    hash: '',
    url: '',
    route: '',
    majorParameter: '',
    global: false,
    retryAfter,
    sublimitTimeout: 0,
    scope: 'user',
  });
}
