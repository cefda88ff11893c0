import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { PendingFaults } from '#sandbox/pending-faults.ts';
import { parseProcessAddress } from '#sandbox/process-address.ts';
import type { Clock } from '#src/base/clock.ts';
import { findRefusal, type RouteMatch } from './published-bodies.ts';
import { readRestBody, type SandboxRestBody } from './rest-body.ts';
import { RestRateLimits } from './rest-limits.ts';
import {
  makeRefusal,
  matchPath,
  type RestAnswer,
  type RestRoute,
  refusalAnswers,
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
  /** Path as the route writes it, such as `/interactions/:id/:token/callback`. Default: every path. */
  readonly path?: string;
  readonly times?: number;
  readonly delayMs?: number;
  /** HTTP status of the answer. `cut` ends the connection without an answer. */
  readonly status?: number | 'cut';
  /** Error code of Discord in the body of the answer. Default: 0. */
  readonly code?: number;
  /** True if the request takes effect and only its answer fails. */
  readonly tookEffect?: true;
};

type RestOptions = {
  readonly token: string;
  readonly routes: readonly RestRoute[];
  /** Whether requests are limited as on Discord. */
  readonly isLimited: boolean;
  readonly clock: Clock;
};

/** Requests in the log. When there are more, the oldest is forgotten. */
const maxLoggedRequests = 1000;
const maxLoggedJsonBytes = 256 * 1024;
const maxRequestMs = 30_000;

type RestRequest = {
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: SandboxRestBody;
  readonly match: RouteMatch | undefined;
  readonly process: string | undefined;
};

/** Serves version 10 of Discord's REST API below `/api`, and logs every request. */
export class RestServer {
  readonly server: Server;
  readonly faults: PendingFaults<RestFault> = new PendingFaults();
  /** Requests of the bot, oldest first, at most 1000. */
  readonly requests: LoggedRequest[] = [];
  readonly #options: RestOptions;
  readonly #closing = new AbortController();
  readonly #limits: RestRateLimits | undefined;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#limits = options.isLimited ? new RestRateLimits() : undefined;
    this.server = createServer(
      { requestTimeout: maxRequestMs },
      (request, response) => {
        this.#serveRequest(request, response).catch(() => response.destroy());
      },
    );
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Listens on a free port of 127.0.0.1, and returns that port. */
  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port; // TCP, so never a path
  }

  /**
   * Closes the server. Answers that are late on purpose are given up, and connections
   * cut.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  async #serveRequest(request: IncomingMessage, response: ServerResponse) {
    const { clock } = this.#options;
    const atMs = clock.nowMs();
    const url = new URL(`http://sandbox${request.url ?? '/'}`);
    const { process, path: pathname } = parseProcessAddress(url.pathname);
    const method = request.method ?? 'GET';
    const match = this.#findRoute(method, pathname);
    const { authorization } = request.headers;
    const body = await readRestBody(request);
    const answer = await this.#applyFault(
      { url, authorization, body, match, process },
      method,
    );
    const status = answer?.status ?? 0;
    this.#noteRequest(
      { method, path: pathname.replace(/^\/api/, ''), status, atMs },
      body,
    );
    response.setHeader('date', new Date(clock.wallMs()).toUTCString());
    if (body.kind === 'too-large') response.setHeader('connection', 'close');
    if (answer) sendAnswer(response, answer);
    else response.destroy();
  }

  #findRoute(method: string, pathname: string) {
    const path = pathname.startsWith('/api/')
      ? pathname.replace(/^\/api(\/v10)?/, '')
      : '';
    for (const route of this.#options.routes) {
      const params = route.method === method ? matchPath(route.path, path) : undefined;
      if (params) return { route, params };
    }
    return undefined;
  }

  /**
   * Applies a pending fault to the answer. Returns undefined if the fault cuts the
   * connection.
   */
  async #applyFault(request: RestRequest, requestMethod: string) {
    const requestPath = request.match?.route.path;
    const fault = this.faults.takeFitting(
      ({ method = requestMethod, path = requestPath }) =>
        method === requestMethod && path === requestPath,
    );
    if (!fault) return this.#applyLimits(request);
    if (fault.delayMs)
      await this.#options.clock.sleep(fault.delayMs, this.#closing.signal);
    if (fault.status === undefined) return this.#applyLimits(request);
    if (fault.tookEffect) this.#applyLimits(request);
    return toFaultAnswer(fault);
  }

  #noteRequest(fields: Omit<LoggedRequest, 'body'>, body: SandboxRestBody) {
    const isSmall = body.kind === 'read' && body.jsonBytes <= maxLoggedJsonBytes;
    this.requests.push({ ...fields, body: isSmall ? body.json : undefined });
    if (this.requests.length > maxLoggedRequests) this.requests.shift();
  }

  #applyLimits(request: RestRequest) {
    const { match } = request;
    if (!this.#limits || !match) return this.#answerRequest(request);
    const { clock } = this.#options;
    const instant = { nowMs: clock.nowMs(), wallMs: clock.wallMs() };
    const globalState = match.route.open
      ? undefined
      : this.#limits.takeGlobal(instant.nowMs);
    if (globalState?.isOver)
      return toRateLimitAnswer(globalState.resetAfterMs, 'global');
    const state = this.#limits.takeRequest(match.route, match.params, instant);
    if (!state) return this.#answerRequest(request);
    const answer = state.isOver
      ? toRateLimitAnswer(state.resetAfterMs, 'user')
      : this.#answerRequest(request);
    return { ...answer, headers: { ...answer.headers, ...state.headers } };
  }

  #answerRequest({ url, authorization, body, match, process }: RestRequest) {
    if (body.kind === 'too-large') return refusalAnswers.tooLarge;
    if (!match) return refusalAnswers.notFound;
    const { route, params } = match;
    if (!route.open && authorization !== `Bot ${this.#options.token}`)
      return refusalAnswers.unauthorized;
    if (body.kind === 'not-json') return refusalAnswers.notJson;
    const refusal = findRefusal(match, body.json);
    if (refusal) return refusal;
    try {
      return route.answer({
        query: url.searchParams,
        body: body.json,
        files: body.files,
        process,
        param: (name) => params.get(name) ?? '',
      });
    } catch {
      return refusalAnswers.broken;
    }
  }
}

/** Sends an answer. */
function sendAnswer(response: ServerResponse, { status, body, headers }: RestAnswer) {
  const json = JSON.stringify(body);
  // discord.js reads an empty answer as JSON if it has a content type, and fails.
  response.writeHead(status, {
    ...headers,
    ...(json && { 'content-type': 'application/json' }),
  });
  response.end(json);
}

/** Makes the answer of a fault. Gives undefined if the fault cuts the connection. */
function toFaultAnswer({ status, code = 0 }: RestFault) {
  return typeof status === 'number'
    ? makeRefusal(status, code, `${status}: Error`)
    : undefined;
}

/**
 * Builds the answer of a rate limit, in whole seconds in its header and fractions in
 * its body. Source: https://discord.com/developers/docs/topics/rate-limits
 */
function toRateLimitAnswer(retryAfterMs: number, scope: 'user' | 'global') {
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
