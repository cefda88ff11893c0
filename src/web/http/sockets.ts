import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Connections at a time. */
const mostSockets = 1_000;
/** Requests of one connection at a time; browsers send one. */
const mostPipelined = 20;
/** Requests that are begun in one turn of the event loop: frames of sound leave between two turns. */
const startsPerTurn = 8;

/**
 * Bounds the connections of a server: one too many ends the one that has been idle for longest, so that silent connections
 * shut no client out. One with a request or a WebSocket under way is not ended for another.
 */
export class SocketLimit {
  readonly #all = new Set<Duplex>();
  readonly #idle = new Set<Duplex>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#all.add(socket);
      this.#idle.add(socket);
      socket.once('close', () => this.#forget(socket));
      const [oldest] = this.#idle;
      if (this.#all.size > mostSockets) oldest?.destroy();
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.busy(socket);
      response.once('close', () => {
        if (!socket.destroyed) this.#idle.add(socket);
      });
    });
  }

  /** A request of this connection is under way, for as long as it lasts where it is a WebSocket. */
  busy(socket: Duplex): void {
    this.#idle.delete(socket);
  }

  cutAll(): void {
    for (const socket of this.#all) socket.destroy();
  }

  #forget(socket: Duplex): void {
    this.#all.delete(socket);
    this.#idle.delete(socket);
  }
}

/**
 * Begins requests as they arrive, so many in one turn of the event loop, as a burst would hold up every frame. One connection
 * that asks too much before it has its answers (HTTP pipelining) is ended.
 */
export class RequestArrivals {
  readonly #underWay = new WeakMap<Duplex, number>();
  #waiting: (() => void)[] = [];

  /** `begin` is not called for a request whose connection has ended. */
  accept({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const count = this.#count(socket) + 1;
    if (count > mostPipelined) socket.destroy();
    if (socket.destroyed) return;
    this.#underWay.set(socket, count);
    response.once('close', () => this.#underWay.set(socket, this.#count(socket) - 1));
    this.#waiting.push(() => {
      if (!socket.destroyed) begin();
    });
    if (this.#waiting.length === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    for (const begin of this.#waiting.splice(0, startsPerTurn)) begin();
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }

  #count(socket: Duplex): number {
    return this.#underWay.get(socket) ?? 0;
  }
}
