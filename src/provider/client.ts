import { inspect } from 'node:util';
import { OpenAI } from 'openai/client';
import type { Clock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import { serverName } from '#src/provider/models/error-phrases.ts';
import { apiUrl } from '#src/provider/models/models.ts';
import { type Fetch, guardFetch, noKey } from './guarded-fetch.ts';

/** Interval between rounds, in ms. Node's `fetch` closes connections that were idle for 4 s, and many servers those idle for 5. */
const spacingMs = 4000;
/** One request may be given up for the next, and the next one needs a connection then. */
const perServer = 2;
const stayMs = 12_000;
const limitMs = 5000;

/**
 * Connections that are open before `fetch` needs them, by an OPTIONS without a key whose answer is ignored (after a
 * HEAD, Node's `fetch` closes).
 *
 * At most one round in 4 s, for 12 s after the last call. A cold one costs 1.3 ms
 * more over TLS on one machine (2.6 to 3.9 ms), and three round trips over a network.
 */
export class WarmConnections implements Disposable {
  readonly #addresses: readonly string[];
  readonly #clock: Clock;
  readonly #over = new AbortController();
  /** Servers that refuse an OPTIONS: further ones would only fill their logs. */
  readonly #refusing = new Set<string>();
  #lastMs = -Infinity;
  #untilMs = 0;
  #running = false;

  constructor(baseUrls: readonly string[], clock: Clock) {
    const byOrigin = new Map(baseUrls.map((baseUrl) => [new URL(baseUrl).origin, baseUrl]));
    this.#addresses = [...byOrigin.values()];
    this.#clock = clock;
  }

  /** Never throws and never waits. */
  warm(): void {
    this.#untilMs = this.#clock.nowMs() + stayMs;
    if (!this.#running) void this.#run();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#over;
    this.#running = true;
    for (;;) {
      const dueMs = Math.max(this.#lastMs + spacingMs, this.#clock.nowMs());
      if (dueMs > this.#untilMs) break;
      if (dueMs > this.#clock.nowMs()) {
        await this.#clock.sleep(dueMs - this.#clock.nowMs(), signal).catch(() => {});
      }
      if (signal.aborted) break;
      this.#lastMs = this.#clock.nowMs();
      for (const address of this.#addresses) {
        for (let n = 0; n < perServer; n++) void this.#knock(address);
      }
    }
    this.#running = false;
  }

  async #knock(address: string): Promise<void> {
    if (this.#refusing.has(address)) return;
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(limitMs)]);
    try {
      const response = await fetch(address, { method: 'OPTIONS', redirect: 'manual', signal });
      if (response.status >= 400) this.#refusing.add(address);
      for await (const _ of response.body ?? []); // Only a connection whose answer was read to its end stays open.
    } catch {
      // The next request gets the error.
    }
  }
}

export type ClientOptions = {
  /** With its own query, if it has one; without a path its `/v1` is meant. */
  readonly baseUrl: string;
  /** Absent for servers that want none. */
  readonly apiKey?: Secret;
};

/** The client of the `openai` package that sends by `send`: one attempt a request, and no log, which would hold people's words. */
export class ApiClient extends OpenAI {
  constructor({ apiKey, baseUrl }: ClientOptions, send: Fetch) {
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
export function openClient({ apiKey, baseUrl: address }: ClientOptions): ApiClient {
  const baseUrl = apiUrl(address);
  const send = guardFetch({ server: serverName(baseUrl), secret: () => apiKey?.reveal() });
  return new ApiClient({ apiKey, baseUrl }, send);
}

/** The key of a client, if it has a real one. */
export function keyOf({ apiKey }: Pick<ApiClient, 'apiKey'>): string | undefined {
  return apiKey === null || apiKey === noKey ? undefined : apiKey;
}
