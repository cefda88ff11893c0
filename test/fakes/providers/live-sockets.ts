import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { WebSocket } from 'ws';
import type { OpenSocket } from '#src/provider/json-socket.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { attachSockets } from '#test/fakes/servers/web-sockets.ts';
import { GeminiLiveSession, type GeminiModelSettings } from './gemini-live-model.ts';
import { LiveModelSession, type LiveModelSettings } from './live-model.ts';

type ServedSession = {
  isClosed: boolean;
  receive(event: Readonly<Record<string, unknown>>): void;
};

/** Opens the session of one connection, which it may end with a code and a reason. */
type OpenSession<Session> = (
  send: (event: object) => void,
  hangUp: (code?: number, reason?: string) => void,
) => Session;

/** A WebSocket without a network, which a live model answers at once. */
class MemorySocket<Session extends ServedSession> extends EventEmitter {
  readonly bufferedAmount = 0;
  readyState: number = WebSocket.CONNECTING;
  readonly session: Session;

  constructor(openSession: OpenSession<Session>) {
    super();
    this.session = openSession(
      (event) => this.#emitEvent(event),
      (code = 1000, reason = '') => queueMicrotask(() => this.close(code, reason)),
    );
    queueMicrotask(() => {
      this.readyState = WebSocket.OPEN;
      this.emit('open');
    });
  }

  send(text: string) {
    this.session.receive(JSON.parse(text));
  }

  close(code: number, reason: string) {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.session.isClosed = true;
    this.emit('close', code, Buffer.from(reason));
  }

  terminate() {
    this.close(1006, '');
  }

  ping() {
    this.emit('pong');
  }

  #emitEvent(event: object) {
    queueMicrotask(() => {
      if (this.readyState === WebSocket.OPEN)
        this.emit('message', Buffer.from(JSON.stringify(event)), false);
    });
  }
}

/** Connections without a network, oldest first. */
class MemoryServer<Session extends ServedSession> {
  readonly sessions: Session[] = [];
  /** Addresses that were asked for, as they are on the wire. */
  readonly urls: string[] = [];
  readonly #sockets: MemorySocket<Session>[] = [];
  readonly #openSession: OpenSession<Session>;

  constructor(openSession: OpenSession<Session>) {
    this.#openSession = openSession;
  }

  readonly openSocket: OpenSocket = (url) => {
    const socket = new MemorySocket(this.#openSession);
    this.urls.push(url.href);
    this.#sockets.push(socket);
    this.sessions.push(socket.session);
    return socket as unknown as WebSocket;
  };

  /** The connections are gone without a word. */
  dropAll() {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** Sessions of a live model without a network, oldest first. */
export class MemoryLiveServer extends MemoryServer<LiveModelSession> {
  settings: LiveModelSettings;

  constructor(settings: LiveModelSettings) {
    super((send, hangUp) => new LiveModelSession(this.settings, send, hangUp));
    this.settings = settings;
  }
}

/** Sessions of a Gemini Live model without a network, oldest first. */
export class MemoryGeminiServer extends MemoryServer<GeminiLiveSession> {
  constructor(settings: GeminiModelSettings) {
    super((send, hangUp) => new GeminiLiveSession(settings, send, hangUp));
  }
}

/** Whether somebody wants a session with a live model. */
export function isLiveRequest({ url = '' }: IncomingMessage) {
  return url.startsWith('/v1/live/sessions');
}

/** The same model at `/v1/live/sessions` of a server. */
export function attachLive(server: Server, settings: LiveModelSettings) {
  const sessions: LiveModelSession[] = [];
  const sockets = attachSockets<{ readonly url: string }, LiveModelSettings>(
    server,
    settings,
    {
      fitsUpgrade: isLiveRequest,
      callOf: ({ url = '' }) => ({ url }),
      refuseUpgrade: () => undefined,
      serveSocket(socket, _call, current) {
        const session = new LiveModelSession(
          current(),
          (event) => socket.send(JSON.stringify(event)),
          () => socket.close(1000),
        );
        sessions.push(session);
        socket.on('error', () => {});
        socket.on('message', (data) => session.receive(JSON.parse(String(data))));
        socket.on('close', () => {
          session.isClosed = true;
        });
      },
      refuseClosed: () => undefined,
    },
  );
  return { sessions, sockets };
}

/** A server of Gemini Live on 127.0.0.1, which wants its key in the address and nowhere else. */
export async function openGeminiServer(settings: GeminiModelSettings) {
  const sessions: GeminiLiveSession[] = [];
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = attachSockets<{ readonly isKnown: boolean }, GeminiModelSettings>(
    server,
    settings,
    {
      fitsUpgrade: ({ url = '' }) =>
        url.startsWith('/ws/google.ai.generativelanguage.'),
      callOf: ({ headers, url = '' }) => ({
        isKnown: /\?key=[^&]+$/.test(url) && headers.authorization === undefined,
      }),
      refuseUpgrade: () => undefined,
      serveSocket(socket, { isKnown }, current) {
        const refused = { ...current(), refuses: 'API key not valid.' };
        const session = new GeminiLiveSession(
          isKnown ? current() : refused,
          (event) => socket.send(JSON.stringify(event)),
          (code, reason) => socket.close(code, reason),
        );
        sessions.push(session);
        socket.on('error', () => {});
        socket.on('message', (data) => session.receive(JSON.parse(String(data))));
        socket.on('close', () => {
          session.isClosed = true;
        });
      },
      refuseClosed: () => undefined,
    },
  );
  const served = await openListeningServer(server, () => sockets.dropAll());
  return {
    sessions,
    baseUrl: served.origin,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** A server on 127.0.0.1 that does nothing else. */
export async function openLiveServer(settings: LiveModelSettings) {
  const server = createServer((_, response) => response.writeHead(404).end());
  const { sessions, sockets } = attachLive(server, settings);
  const served = await openListeningServer(server, () => sockets.dropAll());
  return {
    sessions,
    baseUrl: `${served.origin}/v1`,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}
