import type { Packet } from '#src/audio/packet.ts';

const rtpPerMs = 48;
const wrap = 2 ** 32;
/** A lag beyond this, in ms, is none: the client's clock has jumped. */
const mostLagMs = 500;
/** Rate at which the offset may rise, so that a clock that is slower than ours is followed: 500 ppm. */
const driftShare = 0.0005;

/**
 * Tells how much later than the fastest packets of its speaker a packet arrived, in ms, by RTP timestamps: what jitter
 * of the network adds to the time of a voice.
 */
export class PacketClock {
  #timestamp: number | undefined;
  /** Of the last packet, in ms since the first one, by its timestamp. */
  #sentMs = 0;
  #offsetMs = 0;
  #atMs = 0;

  lagMs({ timestamp, atMs }: Pick<Packet, 'timestamp' | 'atMs'>): number {
    const before = this.#timestamp;
    this.#timestamp = timestamp;
    if (before === undefined) return this.#anchor(atMs);
    this.#sentMs += signed(timestamp - before) / rtpPerMs;
    this.#offsetMs += Math.max(0, atMs - this.#atMs) * driftShare;
    this.#atMs = Math.max(this.#atMs, atMs);
    const lagMs = atMs - this.#sentMs - this.#offsetMs;
    if (Math.abs(lagMs) > mostLagMs) return this.#anchor(atMs);
    if (lagMs >= 0) return lagMs;
    this.#offsetMs += lagMs;
    return 0;
  }

  #anchor(atMs: number): 0 {
    this.#offsetMs = atMs - this.#sentMs;
    this.#atMs = atMs;
    return 0;
  }
}

/** The difference of two timestamps of 32 bits, whichever came first. */
function signed(difference: number): number {
  const around = ((difference % wrap) + wrap) % wrap;
  return around > wrap / 2 ? around - wrap : around;
}
