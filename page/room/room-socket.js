/** @import { Reply, RoomEvent } from './room-types.js' */

import { formatText } from './texts.js';

/**
 * Handlers of a connection to the room.
 * @typedef {object} SocketHandlers
 * @property {(event: RoomEvent) => void} onEvent takes everything but replies
 * @property {(isOpen: boolean, reason: string) => void} onConnection takes one sentence where the connection is lost
 * @property {() => Promise<string | undefined>} enter asks again to be let in; returns the reason why this browser is not
 * @property {() => void} onShutOut takes that this browser is not let in any more: nothing follows
 */

/** Waits before the next try. The last one repeats. */
const waitsMs = [500, 1_000, 2_000, 5_000];

/** The connection to the room, which comes back by itself unless this browser is not let in any more. */
export class RoomSocket {
  /** @type {() => URL} */
  #getUrl;
  /** @type {SocketHandlers} */
  #handlers;
  /** @type {WebSocket | undefined} */
  #socket;
  #tries = 0;
  #lastId = 0;
  /** @type {Map<number, (reply: Reply) => void>} */
  #requests = new Map();

  /**
   * Connects at once.
   * @param {() => URL} getUrl gives the address for each connection
   * @param {SocketHandlers} handlers
   */
  constructor(getUrl, handlers) {
    this.#getUrl = getUrl;
    this.#handlers = handlers;
    this.#openSocket();
  }

  /**
   * Asks the room. Never throws: without a connection the reply has an `error`.
   * @param {string} kind
   * @param {object} [fields]
   * @returns {Promise<Reply>}
   */
  async ask(kind, fields = {}) {
    const id = ++this.#lastId;
    if (this.#socket?.readyState !== WebSocket.OPEN) return makeLostReply(id);
    /** @type {PromiseWithResolvers<Reply>} */
    const { promise, resolve } = Promise.withResolvers();
    this.#requests.set(id, resolve);
    this.#socket.send(JSON.stringify({ kind, id, ...fields }));
    return await promise;
  }

  #openSocket() {
    const socket = new WebSocket(this.#getUrl());
    this.#socket = socket;
    socket.onopen = () => {
      this.#tries = 0;
      this.#handlers.onConnection(true, '');
    };
    socket.onmessage = ({ data }) => {
      for (const event of JSON.parse(data)) this.#handleEvent(event);
    };
    socket.onclose = () => this.#onClose();
  }

  /**
   * Gives a reply to its request, and any other event to the handler.
   * @param {RoomEvent} event
   */
  #handleEvent(event) {
    if (event.kind !== 'reply') return this.#handlers.onEvent(event);
    this.#requests.get(event.id)?.(event);
    this.#requests.delete(event.id);
  }

  /** Answers open requests, and connects again later. The reason of the sandbox is for operators, in English. */
  #onClose() {
    for (const [id, resolve] of this.#requests) resolve(makeLostReply(id));
    this.#requests.clear();
    this.#handlers.onConnection(false, formatText('page.lost'));
    const waitMs = waitsMs[Math.min(this.#tries++, waitsMs.length - 1)];
    setTimeout(() => this.#reconnect(), waitMs);
  }

  /** Connects again, unless a restarted sandbox does not know this browser. */
  async #reconnect() {
    const refusal = await this.#handlers.enter().catch(() => undefined);
    if (refusal === undefined) this.#openSocket();
    else this.#handlers.onShutOut();
  }
}

/**
 * Makes the reply to a request that cannot be sent.
 * @param {number} id
 * @returns {Reply}
 */
function makeLostReply(id) {
  return {
    kind: 'reply',
    id,
    ok: false,
    isLost: true,
    error: formatText('page.offline'),
  };
}
