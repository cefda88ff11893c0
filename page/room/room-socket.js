/** @import { Reply, RoomLine } from './room-state.js' */

/** The last wait repeats. */
const waitsMs = [500, 1_000, 2_000, 5_000];

/** The connection to the room, which comes back by itself unless this browser is not let in any more. */
export class RoomSocket {
  #url;
  #tell;
  /** @type {WebSocket | undefined} */
  #socket;
  #tries = 0;
  #id = 0;
  /** @type {Map<number, (reply: Reply) => void>} */
  #asked = new Map();

  /**
   * @param {URL} url
   * @param {{ line(line: RoomLine): void, connection(isOpen: boolean, why: string): void, enter(): Promise<string | undefined> }} tell
   *   `enter`: why this browser is not let in
   */
  constructor(url, tell) {
    this.#url = url;
    this.#tell = tell;
    this.#openSocket();
  }

  /**
   * Asks the room. Never throws: without a connection the reply has an `error`.
   * @param {string} kind
   * @param {object} [fields]
   * @returns {Promise<Reply>}
   */
  async ask(kind, fields = {}) {
    const id = ++this.#id;
    if (this.#socket?.readyState !== WebSocket.OPEN) return makeLostReply(id);
    /** @type {PromiseWithResolvers<Reply>} */
    const { promise, resolve } = Promise.withResolvers();
    this.#asked.set(id, resolve);
    this.#socket.send(JSON.stringify({ kind, id, ...fields }));
    return await promise;
  }

  #openSocket() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#tries = 0;
      this.#tell.connection(true, '');
    };
    socket.onmessage = ({ data }) => {
      for (const line of JSON.parse(data)) this.#readLine(line);
    };
    socket.onclose = ({ reason }) => this.#onClose(reason);
  }

  /** @param {RoomLine} line */
  #readLine(line) {
    if (line.kind !== 'reply') return this.#tell.line(line);
    this.#asked.get(line.id)?.(line);
    this.#asked.delete(line.id);
  }

  /** @param {string} reason */
  #onClose(reason) {
    for (const [id, resolve] of this.#asked) resolve(makeLostReply(id));
    this.#asked.clear();
    this.#tell.connection(
      false,
      reason || 'The connection to the sandbox is lost. Reconnecting.',
    );
    const waitMs = waitsMs[Math.min(this.#tries++, waitsMs.length - 1)];
    setTimeout(() => this.#reconnect(), waitMs);
  }

  /** Connects again, unless a restarted sandbox does not know this browser. */
  async #reconnect() {
    const refusal = await this.#tell.enter().catch(() => undefined);
    if (refusal === undefined) this.#openSocket();
    else this.#tell.connection(false, refusal);
  }
}

/**
 * @param {number} id
 * @returns {Reply}
 */
function makeLostReply(id) {
  return {
    kind: 'reply',
    id,
    ok: false,
    isLost: true,
    error: 'There is no connection to the sandbox right now.',
  };
}
