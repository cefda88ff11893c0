import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  createAdaptorServer,
  type HttpBindings,
  type WebSocketServerLike,
} from '@hono/node-server';
import { WebSocketServer } from 'ws';
import {
  closeServer,
  listenOnPort,
  type ServerOutcome,
} from '#src/base/loops/keep-server.ts';

export type HttpListener = AsyncDisposable & {
  /** For a browser on this machine. */
  readonly url: URL;
};

export type ListenerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly app: {
    /** Answers a request. Never rejects. */
    fetch(request: Request, env: HttpBindings): Response | Promise<Response>;
  };
  /**
   * Absent without WebSockets. A route with one: `app.get('/room', requireEntry,
   * upgradeWebSocket(() => handlers))`, by `@hono/node-server`.
   */
  readonly webSocket?: { readonly maxFrameBytes: number };
};

const headMs = 2_000;
/** A reader is gone if nothing moves for so long. */
const stillMs = 120_000;
const checkMs = 1_000;
/** Silent connections end after `headMs`. */
const maxSockets = 1_000;

/** Opens a server. A taken address is an outcome. */
export async function openListener(
  options: ListenerOptions,
): Promise<ServerOutcome<HttpListener>> {
  const webSockets = createWebSockets(options);
  const server = createServer(options, webSockets);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const refused = await listenOnPort(
    server,
    options,
    'No page at',
    'PAGE_HOST or PAGE_PORT',
  );
  if (refused) return refused;
  const closeListener = async () => {
    for (const client of webSockets?.clients ?? [])
      client.close(1001, 'The bot is ending.');
    await closeServer(server, () => {
      for (const socket of sockets) socket.destroy();
    });
  };
  return {
    kind: 'open',
    server: { url: toServerUrl(server), [Symbol.asyncDispose]: closeListener },
  };
}

function createWebSockets({ webSocket }: ListenerOptions) {
  if (!webSocket) return undefined;
  return new WebSocketServer({
    noServer: true,
    maxPayload: webSocket.maxFrameBytes,
    perMessageDeflate: false,
  });
}

function createServer(
  { app }: ListenerOptions,
  webSockets: WebSocketServer | undefined,
) {
  const server = createAdaptorServer({
    // Bindings of HTTP/2 are for servers of HTTP/2.
    fetch: (request, env) => app.fetch(request, env as HttpBindings),
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: headMs,
      requestTimeout: 0, // `doors.ts` limits the time of each body
      connectionsCheckingInterval: checkMs,
    },
    websocket: webSockets && { server: webSockets as WebSocketServerLike },
  }) as Server;
  server.setTimeout(stillMs);
  server.maxConnections = maxSockets;
  return server;
}

/** Returns the address, which is loopback for a wildcard. */
function toServerUrl(server: Server) {
  const { address, port } = server.address() as AddressInfo; // listens on a port, not a pipe
  return new URL(`http://${address === '::1' ? '[::1]' : '127.0.0.1'}:${port}`);
}

const maxTries = 20;

/** `open` must not throw. */
export async function openAtFreePort<Server extends AsyncDisposable>(
  firstPort: number,
  open: (port: number) => Promise<ServerOutcome<Server>>,
): Promise<ServerOutcome<Server>> {
  for (let port = firstPort; port < firstPort + maxTries && port < 65_536; port++) {
    const outcome = await open(port);
    if (outcome.kind === 'open' || !outcome.isTaken) return outcome;
  }
  return await open(0);
}
