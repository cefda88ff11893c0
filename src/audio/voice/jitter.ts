import type { Packet } from '#src/audio/packet.ts';

/** Number of packets measured: the last two seconds of speech. */
const windowPackets = 100;
/** Packets between two evaluations, and fewest for one. */
const judgedEvery = 25;
const unevenAboveMs = 25;
const evenBelowMs = 15;
/** Largest leap of timestamps, in ms: a further one belongs to another word, whose clock may have been reset. */
const leapMs = 200;
/** Packets that are this much later or earlier than the one before belong to another clock, too. */
const clockLeapMs = 500;
const rtpPerMs = 48;

/**
 * Measures how unevenly one person's packets arrive, from their own instants and timestamps only.
 *
 * A packet's delay is its arrival minus its timestamp, over the last 100. They are uneven when the 95th percentile is
 * more than 25 ms above the 5th (which is as good as the fastest, and no single packet decides it), until less than 15.
 */
export class Jitter {
  readonly #transitsMs = new Float64Array(windowPackets);
  #noted = 0;
  #former: Packet | undefined;
  #uneven = false;
  #spreadMs: number | undefined;

  get uneven(): boolean {
    return this.#uneven;
  }

  /** 95th percentile of their delays above the 5th, in ms; undefined before 25 packets came. */
  get spreadMs(): number | undefined {
    return this.#spreadMs;
  }

  /** Takes every packet in order of arrival, also those that come too late. */
  note(packet: Packet): void {
    const transitMs = this.#transitMs(packet);
    this.#transitsMs[this.#noted % windowPackets] = transitMs;
    this.#noted++;
    this.#former = packet;
    if (this.#noted % judgedEvery === 0) this.#judge();
  }

  /** Transit time of a packet, relative to the one before; 0 for the first of a word. */
  #transitMs(packet: Packet): number {
    if (!this.#former) return 0;
    const sentMs = ((packet.timestamp - this.#former.timestamp) | 0) / rtpPerMs;
    const longerMs = packet.atMs - this.#former.atMs - sentMs;
    if (Math.abs(sentMs) > leapMs || Math.abs(longerMs) > clockLeapMs) {
      this.#noted = 0;
      return 0;
    }
    return (this.#transitsMs[(this.#noted - 1) % windowPackets] ?? 0) + longerMs;
  }

  #judge(): void {
    const sorted = this.#transitsMs.slice(0, Math.min(this.#noted, windowPackets)).sort();
    const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
    const p95Ms = at(0.95) - at(0.05);
    this.#spreadMs = p95Ms;
    if (p95Ms > unevenAboveMs) this.#uneven = true;
    if (p95Ms < evenBelowMs) this.#uneven = false;
  }
}
