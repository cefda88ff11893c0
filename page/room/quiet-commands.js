/** @import { Reply, RoomEvent, RoomFile } from './room-types.js' */

/**
 * The outcome of a quiet command.
 * @typedef {object} QuietReply
 * @property {boolean} ok
 * @property {boolean} isPrivate whether the reader alone reads the sentence
 * @property {string} text the bot's sentence, or why it did nothing
 * @property {readonly RoomFile[]} files
 */

/** Commands of the page's own controls: their replies stand beside the control, not in the conversation. */
export class QuietCommands {
  /** @type {(name: string, options: object) => Promise<Reply>} */
  #ask;
  /** @type {(event: RoomEvent) => void} */
  #release;
  #openCount = 0;
  /** Messages that came while a reply was awaited. @type {(RoomEvent & { kind: 'message' })[]} */
  #heldMessages = [];
  /** Ids of replies that were taken. @type {Set<string>} */
  #takenIds = new Set();

  /**
   * Keeps how to ask, and whom to give messages that were held and are no replies.
   * @param {(name: string, options: object) => Promise<Reply>} ask
   * @param {(event: RoomEvent) => void} release
   */
  constructor(ask, release) {
    this.#ask = ask;
    this.#release = release;
  }

  /**
   * Sends a command, and gives its reply.
   * @param {string} name
   * @param {object} options
   * @returns {Promise<QuietReply>}
   */
  async send(name, options) {
    this.#openCount++;
    const reply = await this.#ask(name, options);
    this.#openCount--;
    if (reply.messageId !== undefined) this.#takenIds.add(reply.messageId);
    const files = this.#heldMessages.find(({ id }) => id === reply.messageId)?.files;
    if (this.#openCount === 0) this.#releaseMessages();
    const { ephemeral: isPrivate = false, error = '', ok, text = error } = reply;
    return { ok, isPrivate, text, files: files ?? [] };
  }

  /**
   * Holds a new message that may be the reply. A message that asks something is for the conversation.
   * @param {RoomEvent} event
   * @returns {boolean} true: the conversation does not show it now
   */
  holdEvent(event) {
    if (event.kind !== 'message') return false;
    if (this.#takenIds.has(event.id)) return true;
    const isAsking = event.buttons.length > 0 || event.change !== 'posted';
    if (event.to === undefined && isAsking) return false;
    if (this.#openCount > 0) this.#heldMessages.push(event);
    return this.#openCount > 0;
  }

  /** Gives the held messages that are no replies to the conversation. */
  #releaseMessages() {
    const messages = this.#heldMessages;
    this.#heldMessages = [];
    for (const message of messages)
      if (!this.#takenIds.has(message.id)) this.#release(message);
  }
}
