import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readAddress } from '#sandbox/process-address.ts';
import type { Clock } from '#src/base/clock.ts';
import { type RestBody, readBody } from './rest-body.ts';
import { faultAnswer, RestFaults, tooManyRequests } from './rest-faults.ts';
import { GlobalRateLimit, limitHeaders, type RestRateLimits } from './rest-limits.ts';
import { matchPath, type RestAnswer, type RestRoute, refusals } from './rest-route.ts';

/** One request the bot made. */
export type LoggedRequest = {
  readonly method: string;
  /** Below `/api`, with the version and without the query. */
  readonly path: string;
  /** The route it took, say `/channels/:channel/messages`; absent for an unknown one. */
  readonly route?: string;
  /** 0: the connection was cut. */
  readonly status: number;
  /** JSON of the request, that of a form too, where that is not longer than 256 KiB. */
  readonly body: unknown;
  /** Files of a form. */
  readonly files: readonly {
    readonly name: string;
    readonly type: string;
    readonly sizeBytes: number;
  }[];
  readonly atMs: number;
  /** Who asked, where the address of `apiUrlFor` was used. */
  readonly process?: string;
};

export type RestOptions = {
  readonly token: string;
  readonly routes: readonly RestRoute[];
  readonly limits: RestRateLimits;
  readonly globalRequestsPerSecond: number;
  readonly clock: Clock;
};

/** Keeps this many requests; the oldest is forgotten first. */
const logLimit = 1000;
const loggedJsonLimitBytes = 256 * 1024;
const requestLimitMs = 30_000;

type RestRequest = {
  readonly method: string;
  /** Below `/api/v10`; empty outside of it. */
  readonly below: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly body: RestBody;
  readonly route: RestRoute | undefined;
  readonly process: string | undefined;
};

/** Discord's REST API, version 10, below `/api`; every request is noted. */
export class RestServer {
  readonly server: Server;
  readonly faults = new RestFaults();
  readonly #options: RestOptions;
  readonly #closing = new AbortController();
  readonly #globalLimit: GlobalRateLimit;
  #requests: LoggedRequest[] = [];

  constructor(options: RestOptions) {
    this.#options = options;
    this.#globalLimit = new GlobalRateLimit(options.globalRequestsPerSecond);
    this.server = createServer({ requestTimeout: requestLimitMs }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** From now on. */
  limitRequests(perSecond: number): void {
    this.#globalLimit.perSecond = perSecond;
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
    const atMs = this.#options.clock.nowMs();
    const { pathname: asked, searchParams: query } = new URL(`http://sandbox${request.url ?? '/'}`);
    const { process, path: pathname } = readAddress(asked);
    const method = request.method ?? 'GET';
    const below = belowApi(pathname);
    const route = this.#options.routes.find(
      (each) => each.method === method && matchPath(each.path, below),
    );
    const { authorization } = request.headers;
    const body = await readBody(request);
    const answer = await this.#troubled({
      method,
      below,
      query,
      authorization,
      body,
      route,
      process,
    });
    const status = answer?.status ?? 0;
    const by = process === undefined ? {} : { process };
    this.#note({ method, path: pathname.replace(/^\/api/, ''), status, atMs, ...by }, body, route);
    response.setHeader('date', new Date(this.#options.clock.wallMs()).toUTCString());
    if (body.kind === 'too-large') response.setHeader('connection', 'close');
    if (answer) send(response, answer);
    else response.destroy();
  }

  /** The answer with whatever is to go wrong about it; none when the connection is to be cut. */
  async #troubled(asked: RestRequest): Promise<RestAnswer | undefined> {
    const fault = this.faults.next(asked.method, asked.below);
    if (!fault) return this.#limited(asked);
    if (fault.delayMs) await this.#options.clock.sleep(fault.delayMs, this.#closing.signal);
    if (fault.status === undefined) return this.#limited(asked);
    if (fault.tookEffect) this.#limited(asked);
    return faultAnswer(fault);
  }

  #note(
    fields: Pick<LoggedRequest, 'method' | 'path' | 'status' | 'atMs' | 'process'>,
    body: RestBody,
    route: RestRoute | undefined,
  ): void {
    const isSmall = body.kind === 'read' && body.jsonBytes <= loggedJsonLimitBytes;
    const files = body.kind === 'read' ? body.files : [];
    this.#requests.push({
      ...fields,
      ...(route ? { route: route.path } : {}),
      body: isSmall ? body.json : undefined,
      files: files.map(({ name, type, bytes }) => ({ name, type, sizeBytes: bytes.length })),
    });
    if (this.#requests.length > logLimit) this.#requests.shift();
  }

  #limited(asked: RestRequest): RestAnswer {
    const { limits, clock } = this.#options;
    if (!asked.route?.open) {
      const waitMs = this.#globalLimit.take(clock.nowMs());
      if (waitMs !== undefined) return tooManyRequests(waitMs, 'global');
    }
    const state = limits.take(asked.method, asked.below, clock.nowMs());
    if (!state) return this.#answer(asked);
    const answer = state.over ? tooManyRequests(state.resetAfterMs, 'user') : this.#answer(asked);
    const headers = { ...answer.headers, ...limitHeaders(state, clock.wallMs()) };
    return { ...answer, headers };
  }

  #answer({ below, query, authorization, body, route, process }: RestRequest): RestAnswer {
    if (body.kind === 'too-large') return refusals.tooLarge;
    const params = route && matchPath(route.path, below);
    if (!params) return refusals.notFound;
    if (!route.open && authorization !== `Bot ${this.#options.token}`) return refusals.unauthorized;
    if (body.kind === 'not-json') return refusals.notJson;
    const { json, files } = body;
    const param = (name: string) => params.get(name) ?? '';
    return run(route, { query, body: json, files, process, param });
  }
}

function belowApi(pathname: string): string {
  return pathname.startsWith('/api/') ? pathname.replace(/^\/api(\/v10)?/, '') : '';
}

function run(route: RestRoute, call: Parameters<RestRoute['answer']>[0]): RestAnswer {
  try {
    return route.answer(call);
  } catch {
    return refusals.broken;
  }
}

/** discord.js reads an empty answer as JSON if it has a content type, and fails. */
function send(response: ServerResponse, { status, body, html, headers }: RestAnswer): void {
  const type = html === undefined ? 'application/json' : 'text/html';
  const bytes = Buffer.from(html ?? JSON.stringify(body) ?? '');
  if (bytes.length === 0) {
    response.writeHead(status, headers).end();
    return;
  }
  const length = { 'content-type': type, 'content-length': bytes.length };
  response.writeHead(status, { ...headers, ...length });
  response.end(bytes);
}
