import { inspect } from 'node:util';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { ApiClient } from './api-client.ts';
import { tryV1 } from './base-url-fallback.ts';
import { guardFetch, type Limits, standardLimits } from './guarded-fetch.ts';

export type ClientOptions = {
  readonly baseUrl: string;
  /** Absent for servers that want none. */
  readonly apiKey?: Secret;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  /** The base URL had to be completed with `/v1`; told once. */
  readonly onBaseUrl?: (found: string) => void;
  /** An answer that was asked to stream came as one block after a wait, as a buffering proxy makes it. Never throws. */
  readonly onBuffered?: () => void;
};

/** Sent where no key is set: some servers insist on one, those without keys ignore it. */
const noKey = 'none';

/**
 * A client for one server: one attempt a request, guarded, and nothing taken from the environment.
 *
 * Requests fail with errors that `describeError` turns into BotErrors.
 */
export function openClient(options: ClientOptions): ApiClient {
  const { clock = realClock } = options;
  const apiKey = () => options.apiKey?.reveal() ?? noKey;
  const limits = { ...standardLimits, ...options.limits };
  let server = serverName(options.baseUrl);
  const guarded = guardFetch({
    server: () => server,
    secret: () => options.apiKey?.reveal(),
    limits,
    clock,
    onBuffered: options.onBuffered,
  });
  const send = tryV1(guarded, options.baseUrl, (found) => {
    server = serverName(found);
    client.baseURL = found;
    options.onBaseUrl?.(found);
  });
  const client = new ApiClient({ baseUrl: options.baseUrl, apiKey }, send);
  const shown = `ApiClient(${server})`;
  return Object.defineProperties(client, {
    [inspect.custom]: { value: () => shown },
    toJSON: { value: () => shown },
  });
}

/** The key of a client, if it has a real one. */
export function keyOf({ apiKey }: Pick<ApiClient, 'apiKey'>): string | undefined {
  return apiKey === noKey ? undefined : apiKey;
}
