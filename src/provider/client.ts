import { inspect } from 'node:util';
import { OpenAI } from 'openai/client';
import { type Clock, realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { tryV1 } from './base-url-fallback.ts';
import { type Fetch, guardFetch, type Limits, noKey, standardLimits } from './guarded-fetch.ts';

export type ClientOptions = {
  /** With its own query, if it has one. */
  readonly baseUrl: string;
  /** Absent for servers that want none. */
  readonly apiKey?: Secret;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  /** The base URL had to be completed with `/v1`; told once. */
  readonly onBaseUrl?: (found: string) => void;
};

/** The client of the `openai` package that sends by `send`: one attempt a request, and no log, which would hold people's words. */
export class ApiClient extends OpenAI {
  constructor({ apiKey, baseUrl }: Pick<ClientOptions, 'apiKey' | 'baseUrl'>, send: Fetch) {
    const url = new URL(baseUrl);
    super({
      baseURL: `${url.origin}${url.pathname}`,
      defaultQuery: Object.fromEntries(url.searchParams),
      apiKey: async () => apiKey?.reveal() ?? noKey,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
      // The package asks a `fetch` for its `Response` to learn that it accepts forms.
      fetch: Object.assign<Fetch, { Response: typeof Response }>((to, init) => send(to, init), {
        Response,
      }),
    });
  }

  /** Without its key. */
  toJSON(): string {
    return `ApiClient(${serverName(this.baseURL)})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}

/**
 * A client for one server: one attempt a request, guarded, and nothing taken from the environment.
 *
 * Requests fail with errors that `describeError` turns into BotErrors.
 */
export function openClient(options: ClientOptions): ApiClient {
  const { clock = realClock } = options;
  const guarded = guardFetch({
    server: () => serverName(client.baseURL),
    secret: () => options.apiKey?.reveal(),
    limits: { ...standardLimits, ...options.limits },
    clock,
  });
  const { origin, pathname } = new URL(options.baseUrl);
  const send = tryV1(guarded, `${origin}${pathname}`, (found) => {
    client.baseURL = found;
    options.onBaseUrl?.(found);
  });
  const client = new ApiClient(options, send);
  return client;
}

/** The key of a client, if it has a real one. */
export function keyOf({ apiKey }: Pick<ApiClient, 'apiKey'>): string | undefined {
  return apiKey === null || apiKey === noKey ? undefined : apiKey;
}
