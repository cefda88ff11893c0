import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  createAdaptorServer,
  type HttpBindings,
  type WebSocketServerLike,
} from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { listenOnPort, type ServerOutcome } from '#src/base/keep-server.ts';

/** Open listener: one address for the page, its WebSockets and programs. */
export type HttpListener = AsyncDisposable & {
  /** URL for a browser on this machine. */
  readonly url: URL;
};

export type ListenerOptions = {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly app: {
    fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
  };
  /**
   * Absent: no WebSockets. A route with one: `app.get('/room', requireEntry, upgradeWebSocket(() => handlers))`, by
   * `@hono/node-server`.
   */
  readonly webSocket?: { readonly mostFrameBytes: number };
};

/** Longest times, in ms, for the head of a request, and for all of it. */
const [headMs, requestMs] = [2_000, 30_000];
/** Longest time, in ms, in which nothing moves on a connection with an answer under way: its reader is gone. */
const stillMs = 120_000;
/** Interval, in ms, at which connections are looked at. */
const checkMs = 1_000;
/** Connections at a time; silent ones end after `headMs`. */
const mostSockets = 1_000;
/** Answers under way may end, and WebSockets say goodbye; then their connections are cut. */
const farewellMs = 500;

/** Listens at one address. Never throws: an address that cannot be had is an outcome. */
export async function openListener(
  options: ListenerOptions,
): Promise<ServerOutcome<HttpListener>> {
  const { app, host, port, webSocket } = options;
  const webSockets =
    webSocket &&
    new WebSocketServer({
      noServer: true,
      maxPayload: webSocket.mostFrameBytes,
      perMessageDeflate: false,
    });
  const server = createAdaptorServer({
    // Bindings of HTTP/2 are for servers of HTTP/2.
    fetch: (request, env) => app.fetch(request, env as HttpBindings),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    },
    websocket: webSockets && { server: webSockets as WebSocketServerLike },
  }) as Server;
  server.setTimeout(stillMs);
  server.maxConnections = mostSockets;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const refused = await listenOnPort(server, host, port);
  if (refused) {
    return {
      kind: 'refused',
      why: `No page at ${host}:${port}: ${refused.why}; set PAGE_HOST or PAGE_PORT, 0 for none.`,
      isTaken: refused.isTaken,
    };
  }
  const closeServer = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const client of webSockets?.clients ?? [])
      client.close(1001, 'The bot is ending.');
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, farewellMs);
    await closed;
    clearTimeout(cut);
  };
  return {
    kind: 'open',
    server: { url: toServerUrl(server), [Symbol.asyncDispose]: closeServer },
  };
}

/** URL of the server. Only names of this machine are served, so an address for all of its networks is shown as such a one. */
function toServerUrl(server: Server) {
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
