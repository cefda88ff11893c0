import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export type FakeSocketOptions<Call, Settings> = {
  /** Whether this server answers there; others may stand at other addresses. */
  fitsUpgrade(request: IncomingMessage): boolean;
  /** The call as it begins; it is noted also where it is refused. */
  callOf(request: IncomingMessage): Call;
  /** Status and reason of a refusal, as in `404 Not FoundRoute`. */
  refuseUpgrade(request: IncomingMessage, settings: Settings): string | undefined;
  serveSocket(socket: WebSocket, call: Call, settings: () => Settings): void;
  /** Its connection is gone. */
  refuseClosed(call: Call): void;
};

/** WebSockets of a server of HTTP, under settings that may change. */
export function attachSockets<Call, Settings extends object>(
  server: Server,
  settings: Settings,
  {
    fitsUpgrade,
    callOf,
    refuseUpgrade,
    serveSocket,
    refuseClosed,
  }: FakeSocketOptions<Call, Settings>,
) {
  let now = settings;
  const calls: Call[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!fitsUpgrade(request)) return;
    const call = callOf(request);
    calls.push(call);
    socket.on('error', () => {}).on('close', () => refuseClosed(call));
    const refused = refuseUpgrade(request, now);
    if (refused === undefined)
      return sockets.handleUpgrade(request, socket, head, (open) =>
        serveSocket(open, call, () => now),
      );
    const body = JSON.stringify({ error: { message: `You may not: ${refused}` } });
    const fields = `content-type: application/json\r\ncontent-length: ${body.length}`;
    socket.end(`HTTP/1.1 ${refused}\r\n${fields}\r\nconnection: close\r\n\r\n${body}`);
  });
  return {
    calls: calls as readonly Call[],
    get open() {
      return sockets.clients.size;
    },
    set(overrides: Partial<Settings>) {
      now = { ...now, ...overrides };
    },
    /** The server goes away from everybody without a word. */
    dropAll() {
      for (const client of sockets.clients) client.terminate();
    },
  };
}
