import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PendingFaults } from '#sandbox/pending-faults.ts';
import { readAddress } from '#sandbox/process-address.ts';
import type { Clock } from '#src/base/clock.ts';
import { refusalOf } from './published-bodies.ts';
import { readBody, type SandboxRestBody } from './rest-body.ts';
import { RestRateLimits } from './rest-limits.ts';
import {
  matchPath,
  type PathParams,
  type RestAnswer,
  type RestRoute,
  refusal,
  refusals,
} from './rest-route.ts';

/** One request the bot made. */
export type LoggedRequest = {
  readonly method: string;
  /** Below `/api`, with the version and without the query. */
  readonly path: string;
  /** 0: the connection was cut. */
  readonly status: number;
  /** JSON of the request, that of a form too, where that is not longer than 256 KiB. */
  readonly body: unknown;
  readonly atMs: number;
};

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

type RestOptions = {
  readonly token: string;
  readonly routes: readonly RestRoute[];
  /** Whether requests are limited as on Discord. */
  readonly isLimited: boolean;
  readonly clock: Clock;
};

/** Keeps this many requests; the oldest is forgotten first. */
const logLimit = 1000;
const loggedJsonLimitBytes = 256 * 1024;
const requestLimitMs = 30_000;

type RestRequest = {
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: SandboxRestBody;
  readonly found: { readonly route: RestRoute; readonly params: PathParams } | undefined;
  readonly process: string | undefined;
};

/** Discord's REST API, version 10, below `/api`; every request is noted. */
export class RestServer {
  readonly server: Server;
  readonly faults = new PendingFaults<RestFault>();
  readonly requests: LoggedRequest[] = [];
  readonly #options: RestOptions;
  readonly #closing = new AbortController();
  readonly #limits: RestRateLimits | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#limits = options.isLimited ? new RestRateLimits() : undefined;
    this.server = createServer({ requestTimeout: requestLimitMs }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Answers that are late on purpose are given up, and connections cut. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { clock } = this.#options;
    const atMs = clock.nowMs();
    const url = new URL(`http://sandbox${request.url ?? '/'}`);
    const { process, path: pathname } = readAddress(url.pathname);
    const method = request.method ?? 'GET';
    const found = this.#routeOf(method, pathname);
    const { authorization } = request.headers;
    const body = await readBody(request);
    const answer = await this.#troubled({ url, authorization, body, found, process }, method);
    const status = answer?.status ?? 0;
    this.#note({ method, path: pathname.replace(/^\/api/, ''), status, atMs }, body);
    response.setHeader('date', new Date(clock.wallMs()).toUTCString());
    if (body.kind === 'too-large') response.setHeader('connection', 'close');
    if (answer) send(response, answer);
    else response.destroy();
  }

  #routeOf(method: string, pathname: string): RestRequest['found'] {
    const below = pathname.startsWith('/api/') ? pathname.replace(/^\/api(\/v10)?/, '') : '';
    for (const route of this.#options.routes) {
      const params = route.method === method ? matchPath(route.path, below) : undefined;
      if (params) return { route, params };
    }
    return undefined;
  }

  /** The answer with whatever is to go wrong about it; none when the connection is to be cut. */
  async #troubled(asked: RestRequest, by: string): Promise<RestAnswer | undefined> {
    const at = asked.found?.route.path;
    const fault = this.faults.take(({ method = by, path = at }) => method === by && path === at);
    if (!fault) return this.#limited(asked);
    if (fault.delayMs) await this.#options.clock.sleep(fault.delayMs, this.#closing.signal);
    if (fault.status === undefined) return this.#limited(asked);
    if (fault.tookEffect) this.#limited(asked);
    return faultAnswer(fault);
  }

  #note(fields: Omit<LoggedRequest, 'body'>, body: SandboxRestBody): void {
    const isSmall = body.kind === 'read' && body.jsonBytes <= loggedJsonLimitBytes;
    this.requests.push({ ...fields, body: isSmall ? body.json : undefined });
    if (this.requests.length > logLimit) this.requests.shift();
  }

  #limited(asked: RestRequest): RestAnswer {
    const { found } = asked;
    if (!this.#limits || !found) return this.#answer(asked);
    const { clock } = this.#options;
    const now = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const all = found.route.open ? undefined : this.#limits.takeGlobal(now.nowMs);
    if (all?.isOver) return tooManyRequests(all.resetAfterMs, 'global');
    const state = this.#limits.take(found.route, found.params, now);
    if (!state) return this.#answer(asked);
    const answer = state.isOver ? tooManyRequests(state.resetAfterMs, 'user') : this.#answer(asked);
    return { ...answer, headers: { ...answer.headers, ...state.headers } };
  }

  #answer({ url, authorization, body, found, process }: RestRequest): RestAnswer {
    if (body.kind === 'too-large') return refusals.tooLarge;
    if (!found) return refusals.notFound;
    const { route, params } = found;
    if (!route.open && authorization !== `Bot ${this.#options.token}`) return refusals.unauthorized;
    if (body.kind === 'not-json') return refusals.notJson;
    const { json, files } = body;
    const refusal = refusalOf(found, json);
    if (refusal) return refusal;
    const param = (name: string) => params.get(name) ?? '';
    try {
      return route.answer({ query: url.searchParams, body: json, files, process, param });
    } catch {
      return refusals.broken;
    }
  }
}

/** discord.js reads an empty answer as JSON if it has a content type, and fails. */
function send(response: ServerResponse, { status, body, headers }: RestAnswer): void {
  const json = JSON.stringify(body);
  response.writeHead(status, { ...headers, ...(json && { 'content-type': 'application/json' }) });
  response.end(json);
}

/** The answer a fault gives instead of Discord's own; none where the connection is cut. */
function faultAnswer({ status, code = 0 }: RestFault): RestAnswer | undefined {
  return typeof status === 'number' ? refusal(status, code, `${status}: Error`) : undefined;
}

/** Source: Discord docs, "Rate Limits"; the header counts whole seconds, the body fractions. */
function tooManyRequests(retryAfterMs: number, scope: 'user' | 'global'): RestAnswer {
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
