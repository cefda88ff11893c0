import type { WebSocket } from 'ws';
import { type GatewaySession, sendText } from './gateway-session.ts';
import { MessageLimit } from './gateway-shards.ts';
import {
  closeCodes,
  type GatewayIdentify,
  type GatewayRequest,
  type GatewayResume,
  readRequest,
} from './gateway-wire.ts';

/** Logins of connections, as the gateway handles them. */
export interface GatewayLogin {
  /** A session with READY under way, or the close code; `invalid` asks for another identify, later. */
  identify(
    identify: GatewayIdentify,
    socket: WebSocket,
    process: string | undefined,
  ): GatewaySession | 'invalid' | { readonly closeCode: number };
  /** The session, replayed; `invalid` asks for a new identify. */
  resume(
    resume: GatewayResume,
    socket: WebSocket,
  ): GatewaySession | 'invalid' | { readonly closeCode: number };
  /** Op 4, op 8 and op 43. */
  request(session: GatewaySession, request: GatewayRequest): void;
  /** Counts a message of a connection; false when it is one too many. */
  admits(limit: MessageLimit): boolean;
  /** Whether heartbeats are answered now. */
  answersHeartbeats(): boolean;
  /** The socket of `session` closed with `code`. */
  closed(session: GatewaySession, socket: WebSocket, code: number): void;
}

/** Heartbeats missed in a row before the connection counts as dead. */
const missedHeartbeats = 2;

type GatewaySocketOptions = {
  readonly heartbeatMs: number;
  readonly nowMs: number;
  /** The process of the bot that connects, if its address names one. */
  readonly process: string | undefined;
};

/** Speaks the gateway protocol on one socket until it closes; nothing it receives can throw. */
export function serveGateway(
  socket: WebSocket,
  login: GatewayLogin,
  { heartbeatMs, nowMs, process }: GatewaySocketOptions,
): void {
  const connection = new Connection(socket, login, process);
  const limit = new MessageLimit(nowMs);
  const dead = setTimeout(
    () => socket.close(closeCodes.noHeartbeat, 'No heartbeat'),
    heartbeatMs * missedHeartbeats,
  );
  socket.on('message', (data, isBinary) => {
    if (!login.admits(limit)) {
      socket.close(closeCodes.tooManyMessages);
      return;
    }
    const request = isBinary ? notUnderstood : readRequest(data.toString());
    if ('closeCode' in request) socket.close(request.closeCode);
    else if (request.op !== 1) connection.answer(request);
    else {
      dead.refresh();
      if (login.answersHeartbeats()) sendText(socket, JSON.stringify({ op: 11 }));
    }
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    clearTimeout(dead);
    connection.closed(code);
  });
  sendText(socket, JSON.stringify({ op: 10, d: { heartbeat_interval: heartbeatMs } }));
}

const notUnderstood = { closeCode: closeCodes.notUnderstood };

class Connection {
  readonly #socket: WebSocket;
  readonly #gatewayLogin: GatewayLogin;
  readonly #process: string | undefined;
  #session: GatewaySession | undefined;

  constructor(socket: WebSocket, login: GatewayLogin, process: string | undefined) {
    this.#process = process;
    this.#socket = socket;
    this.#gatewayLogin = login;
  }

  answer(request: GatewayRequest): void {
    const session = this.#present();
    if (request.op === 2 || request.op === 6) this.#login(request);
    else if (session) this.#gatewayLogin.request(session, request);
    else this.#socket.close(closeCodes.notIdentified);
  }

  closed(code: number): void {
    if (this.#session) this.#gatewayLogin.closed(this.#session, this.#socket, code);
  }

  #login(request: Extract<GatewayRequest, { op: 2 | 6 }>): void {
    if (this.#present()) {
      this.#socket.close(closeCodes.alreadyIdentified);
      return;
    }
    const outcome =
      request.op === 2
        ? this.#gatewayLogin.identify(request.d, this.#socket, this.#process)
        : this.#gatewayLogin.resume(request.d, this.#socket);
    if (outcome === 'invalid') sendText(this.#socket, JSON.stringify({ op: 9, d: false }));
    else if ('closeCode' in outcome) this.#socket.close(outcome.closeCode);
    else this.#session = outcome;
  }

  /** None after op 9: the socket is open, and a login is due. */
  #present(): GatewaySession | undefined {
    return this.#session?.socket === this.#socket ? this.#session : undefined;
  }
}
