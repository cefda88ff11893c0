import type { VoiceMessage } from '#sandbox/voice/voice-ops.ts';

/** Messages kept for a resume: some minutes of coming and going. */
const mostKept = 500;

/** Data sent over the socket: text for JSON, bytes for binary messages. */
export type SocketData = string | Buffer;

/**
 * Numbers what the server says to one client and keeps it until it is acknowledged, for a resume.
 *
 * Keeps 500 messages; with more unacknowledged the oldest are lost, and a client that misses one cannot resume.
 */
export class VoiceOutbox {
  #last = 0;
  #kept: { readonly seq: number; readonly wire: SocketData }[] = [];

  /** JSON messages and binary ones share one counter of 16 bits. */
  number(message: VoiceMessage): SocketData {
    this.#last = (this.#last + 1) & 0xffff;
    const wire = write(message, this.#last);
    this.#kept.push({ seq: this.#last, wire });
    if (this.#kept.length > mostKept) this.#kept.shift();
    return wire;
  }

  /** `seq` -1: nothing arrived yet. A number that was never given is ignored. */
  acknowledge(seq: number): void {
    const at = this.#kept.findIndex((one) => one.seq === seq);
    if (at >= 0) this.#kept.splice(0, at + 1);
  }

  /** Messages after `seq`, oldest first; undefined if some of them are lost. */
  since(seq: number): readonly SocketData[] | undefined {
    const missing = seq < 0 ? this.#last : (this.#last - seq) & 0xffff;
    if (missing > this.#kept.length) return undefined;
    return this.#kept.slice(this.#kept.length - missing).map(({ wire }) => wire);
  }
}

function write(message: VoiceMessage, seq: number): SocketData {
  if (!('payload' in message)) return JSON.stringify({ ...message, seq });
  return Buffer.concat([Buffer.of(seq >> 8, seq & 0xff, message.op), message.payload]);
}
