import { randomBytes } from 'node:crypto';
import { frameMs } from './speech-frames.ts';

/** RTP counts at 48 kHz whatever the encoder's rate. */
const timestampsPerFrame = 960;

/** Numbers the packets of one sender. Timestamps go on while nothing is sent, sequence numbers do not (RFC 3550 section 5.1). */
export class PacketCounter {
  #sequence = randomBytes(2).readUInt16BE();
  #timestamp = randomBytes(4).readUInt32BE();
  #lastAtMs: number | undefined;

  /** The next packet follows a pause, from the last one until now. */
  skipPause(nowMs: number): void {
    const pauseMs = nowMs - (this.#lastAtMs ?? nowMs);
    const skipped = Math.max(0, Math.round(pauseMs / frameMs) - 1);
    this.#timestamp = (this.#timestamp + skipped * timestampsPerFrame) >>> 0;
  }

  next(atMs: number): { readonly sequence: number; readonly timestamp: number } {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + timestampsPerFrame) >>> 0;
    this.#lastAtMs = atMs;
    return { sequence: this.#sequence, timestamp: this.#timestamp };
  }
}
