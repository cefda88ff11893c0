import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  createAdaptorServer,
  type HttpBindings,
  type WebSocketServerLike,
} from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { listenAt, type ServerOutcome } from '#src/base/keep-server.ts';
import { RequestArrivals, SocketLimit } from './sockets.ts';

/** Open listener: one address for the page, its WebSockets and programs. */
export type HttpListener = AsyncDisposable & {
  /** URL for a browser on this machine. */
  readonly url: URL;
};

export type ListenerOutcome = ServerOutcome<HttpListener>;

export type ListenerOptions = {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly app: { fetch(request: Request, env: HttpBindings): Response | Promise<Response> };
  /**
   * Absent: no WebSockets. A route with one: `app.get('/room', onlyEntered, upgradeWebSocket(() => handlers))`, by
   * `@hono/node-server`.
   */
  readonly webSocket?: { readonly mostFrameBytes: number };
  readonly waits?: ListenerWaits;
};

export type ListenerWaits = {
  /** Longest time, in ms, for all of a request. Default: 30 s. */
  readonly requestMs?: number;
  /**
   * Longest time, in ms, in which nothing moves on a connection with an answer under way: its reader is gone or does not
   * read. Default: 2 min.
   */
  readonly stillMs?: number;
};

const standardWaits = { requestMs: 30_000, stillMs: 120_000 } as const;
/** Longest time, in ms, for the head of a request, and between two of one connection. */
const [headMs, idleMs] = [2_000, 5_000];
/** Silence, in ms, after which the other end of a connection is asked by TCP whether it is still there. */
const probeMs = 30_000;
/** Pings of a WebSocket are answered while no more bytes than these wait for its reader. */
const mostPongBytes = 64 * 1_024;
/** Interval, in ms, at which connections are looked at. */
const checkMs = 1_000;
/** Longest head of a request. */
const mostHeadBytes = 64 * 1_024;
/** Answers under way may end, and WebSockets say goodbye; then their connections are cut. */
const farewellMs = 500;

/** Listens at one address. Never throws: an address that cannot be had is an outcome. */
export async function openListener(options: ListenerOptions): Promise<ListenerOutcome> {
  const { host, port, webSocket } = options;
  const sockets = webSocket && openWebSockets(webSocket.mostFrameBytes);
  const server = createHttpServer(options, sockets);
  const limit = new SocketLimit(server);
  if (sockets) guardUpgrades(server, sockets, limit);
  const refused = await listenAt(server, host, port);
  if (refused) {
    const why = `No page at ${host}:${port}: ${refused.why}; set PAGE_HOST or PAGE_PORT, 0 for none.`;
    return { kind: 'refused', why, isTaken: refused.isTaken };
  }
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const client of sockets?.clients ?? []) client.close(1001, 'The bot is ending.');
    const cut = setTimeout(() => limit.cutAll(), farewellMs);
    await closed;
    clearTimeout(cut);
  };
  return { kind: 'open', server: { url: urlOf(server), [Symbol.asyncDispose]: close } };
}

function openWebSockets(mostFrameBytes: number): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostFrameBytes,
    perMessageDeflate: false,
    autoPong: false,
  });
  sockets.on('connection', (client) => {
    client.on('ping', (data) => {
      if (client.bufferedAmount < mostPongBytes) client.pong(data, false, () => undefined);
    });
  });
  return sockets;
}

function createHttpServer(
  { app, waits }: ListenerOptions,
  sockets: WebSocketServer | undefined,
): Server {
  const { requestMs, stillMs } = { ...standardWaits, ...waits };
  const arrivals = new RequestArrivals();
  const serverOptions = {
    keepAlive: true,
    keepAliveInitialDelay: probeMs,
    headersTimeout: headMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: checkMs,
    maxHeaderSize: mostHeadBytes,
    requireHostHeader: false, // ours to refuse, with a sentence
  };
  const server = createAdaptorServer({
    // Bindings of HTTP/2 are for servers of HTTP/2.
    fetch: (request, env) => app.fetch(request, env as HttpBindings),
    overrideGlobalObjects: false,
    serverOptions,
    createServer: ((options: ServerOptions, listener: RequestListener) =>
      createServer(options, (incoming, outgoing) => {
        if (!isAddress(incoming)) refuseAddress(outgoing);
        else arrivals.accept(incoming, outgoing, () => listener(incoming, outgoing));
      })) as typeof createServer,
    websocket: sockets && { server: sockets as WebSocketServerLike },
  }) as Server;
  server.setTimeout(stillMs);
  server.on('clientError', answerBroken);
  return server;
}

const plain = { 'content-type': 'text/plain; charset=utf-8', connection: 'close' };

function refuseAddress(outgoing: ServerResponse): void {
  outgoing.writeHead(400, plain).end('The address or the Host of this request is not valid.\n');
}

function isAddress({ url = '', headers: { host = '' } }: IncomingMessage): boolean {
  return url.startsWith('/') && /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host);
}

/** Sentences for requests that are no requests, by Node's code of the error. */
const broken: Readonly<Record<string, readonly [status: string, sentence: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The head of this request is too long.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'This request took too long to arrive.'],
};

function answerBroken(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, sentence] = broken[error.code ?? ''] ?? [
    '400 Bad Request',
    'This is not an HTTP request.',
  ];
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n${sentence}\n`,
    () => socket.destroy(),
  );
}

/** An upgrade to something else would keep its connection for ever, and a refused one until its sender lets go of it. */
function guardUpgrades(server: Server, sockets: WebSocketServer, limit: SocketLimit): void {
  const upgraded = new WeakSet<Duplex>();
  sockets.on('connection', (_client, { socket }) => upgraded.add(socket));
  const [upgrade] = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    limit.busy(socket);
    socket.on('error', () => socket.destroy());
    socket.once('finish', () => {
      if (!upgraded.has(socket)) socket.destroy();
    });
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    if (isWebSocket && isAddress(request)) upgrade?.call(server, request, socket, head);
    else socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
}

/** URL of the server. Only names of this machine are served, so an address for all of its networks is shown as such a one. */
function urlOf(server: Server): URL {
  const { address, port } = server.address() as AddressInfo; // listens on a port, not a pipe
  return new URL(`http://${address === '::1' ? '[::1]' : '127.0.0.1'}:${port}`);
}

/** Ports after a taken one that are tried; then any that is free. */
const mostTries = 20;

/** Opens at the first free port from the wanted one on. `open` must not throw. */
export async function openAtFreePort<Server extends AsyncDisposable>(
  wanted: number,
  open: (port: number) => Promise<ServerOutcome<Server>>,
): Promise<ServerOutcome<Server>> {
  for (let port = wanted; port < wanted + mostTries && port < 65_536; port++) {
    const outcome = await open(port);
    if (outcome.kind === 'open' || !outcome.isTaken) return outcome;
  }
  return await open(0);
}
