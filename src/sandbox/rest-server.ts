import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '#src/base/clock.ts';
import { readBody } from './rest-body.ts';
import { type Answer, matchPath, type Route, refusals } from './rest-route.ts';

/** One request the bot made. */
export type LoggedRequest = {
  readonly method: string;
  /** Below `/api`, with the version. */
  readonly path: string;
  readonly status: number;
  /** Its JSON, where that is not longer than 64 KiB. */
  readonly body: unknown;
  readonly atMs: number;
};

export type RestOptions = {
  readonly token: string;
  readonly routes: readonly Route[];
  readonly clock: Clock;
};

/** Keeps this many requests; the oldest is forgotten first. */
const logLimit = 1000;
const loggedBodyLimitBytes = 64 * 1024;
const requestLimitMs = 30_000;

/** Discord's REST API, version 10, below `/api`; every answer of the routes given is noted. */
export class RestServer {
  readonly server: Server;
  readonly #options: RestOptions;
  #requests: LoggedRequest[] = [];

  constructor(options: RestOptions) {
    this.#options = options;
    this.server = createServer({ requestTimeout: requestLimitMs }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  get requests(): readonly LoggedRequest[] {
    return this.#requests;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = this.#options.clock.nowMs();
    const method = request.method ?? 'GET';
    const url = new URL(`http://sandbox${request.url ?? '/'}`);
    const path = url.pathname.replace(/^\/api/, '');
    const body = await readBody(request);
    const isSmall = body.kind === 'read' && body.sizeBytes <= loggedBodyLimitBytes;
    const json = isSmall ? body.json : undefined;
    const answer = this.#answer(method, path, request.headers.authorization, url, body);
    this.#requests.push({ method, path, status: answer.status, body: json, atMs });
    if (this.#requests.length > logLimit) this.#requests.shift();
    if (body.kind === 'too-large') response.setHeader('connection', 'close');
    send(response, answer);
  }

  #answer(
    method: string,
    path: string,
    authorization: string | undefined,
    url: URL,
    body: Awaited<ReturnType<typeof readBody>>,
  ): Answer {
    if (body.kind === 'too-large') return refusals.tooLarge;
    const below = url.pathname.startsWith('/api/') ? path.replace(/^\/v10\//, '/') : '';
    for (const route of this.#options.routes) {
      const params = route.method === method ? matchPath(route.path, below) : undefined;
      if (!params) continue;
      if (!route.open && authorization !== `Bot ${this.#options.token}`) {
        return refusals.unauthorized;
      }
      if (body.kind === 'not-json') return refusals.notJson;
      return run(route, {
        query: url.searchParams,
        body: body.json,
        fileNames: body.fileNames,
        param: (name) => params.get(name) ?? '',
      });
    }
    return refusals.notFound;
  }
}

function run(route: Route, call: Parameters<Route['answer']>[0]): Answer {
  try {
    return route.answer(call);
  } catch {
    return refusals.broken;
  }
}

/** discord.js reads an empty answer as JSON if it has a content type, and fails. */
function send(response: ServerResponse, { status, body }: Answer): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  response.end(bytes);
}
