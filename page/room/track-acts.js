/** @import { SendQuietly } from './quiet-commands.js' */

/**
 * The sentence that refused a change of a track.
 * @typedef {{ track: string, text: string }} TrackRefusal
 */

/**
 * Changes tracks by the commands of the reader's person. A fader that moves sends one command at a time, and its last
 * place wins.
 */
export class TrackActs {
  /** @type {SendQuietly} */
  #sendQuietly;
  /** @type {(wanted: Readonly<Record<string, number>>) => void} */
  #show;
  /** @type {(refusal: TrackRefusal | undefined) => void} */
  #tell;
  /** Volumes on their way, by track. @type {Readonly<Record<string, number>>} */
  #wanted = {};
  /** @type {Set<string>} */
  #sending = new Set();

  /**
   * Keeps its dependencies.
   * @param {SendQuietly} sendQuietly
   * @param {(wanted: Readonly<Record<string, number>>) => void} show draws volumes that are on their way
   * @param {(refusal: TrackRefusal | undefined) => void} tell shows why a command was refused, until the next one
   */
  constructor(sendQuietly, show, tell) {
    this.#sendQuietly = sendQuietly;
    this.#show = show;
    this.#tell = tell;
  }

  /**
   * Sets a volume, after the command that is on its way.
   * @param {string} track
   * @param {number} percent
   * @returns {Promise<void>}
   */
  async setVolume(track, percent) {
    this.#change({ ...this.#wanted, [track]: percent });
    if (this.#sending.has(track)) return;
    this.#sending.add(track);
    let isTaken = true;
    for (let sent; isTaken && sent !== this.#wanted[track]; ) {
      sent = this.#wanted[track];
      isTaken = await this.#send('track volume', { level: sent, track });
    }
    this.#sending.delete(track);
    const { [track]: _, ...others } = this.#wanted;
    this.#change(others);
  }

  /**
   * Pauses, mutes or skips a track, or takes it back.
   * @param {string} track
   * @param {'pause' | 'resume' | 'mute' | 'unmute' | 'skip'} act
   * @returns {Promise<void>}
   */
  async change(track, act) {
    await this.#send(`track ${act}`, { track });
  }

  /**
   * Sends a command.
   * @param {string} name
   * @param {{ track: string, level?: number }} options
   * @returns {Promise<boolean>} false: it was refused
   */
  async #send(name, options) {
    const { ok, isPrivate, text } = await this.#sendQuietly(name, options);
    const isTaken = ok && !isPrivate; // what is done is told to everybody
    this.#tell(isTaken ? undefined : { track: options.track, text });
    return isTaken;
  }

  /** @param {Readonly<Record<string, number>>} wanted */
  #change(wanted) {
    this.#wanted = wanted;
    this.#show(wanted);
  }
}
