import { countOpusSamples } from '#src/audio/opus/opus-codec.ts';
import type { PersonId } from '#src/base/ids.ts';

export type Packet = {
  readonly speakerId: PersonId;
  /** 16 bits of RTP, which wrap: https://www.rfc-editor.org/rfc/rfc3550.html#section-5.1 */
  readonly sequence: number;
  /** 32 bits at 48 kHz, which wrap. 20 ms are 960: https://www.rfc-editor.org/rfc/rfc7587.html#section-4.1 */
  readonly timestamp: number;
  /** Empty for a packet that is only padding. */
  readonly opus: Uint8Array;
  readonly atMs: number;
};

/** Recognises the marker of end-to-end encryption: https://daveprotocol.com/ */
export function isEncrypted(opus: Uint8Array): boolean {
  const { length } = opus;
  return opus[length - 1] === 0xfa && opus[length - 2] === 0xfa;
}

/** A packet in order, with the gap before it. Samples count at 48 kHz, as in RTP. */
export type OrderedPacket = {
  readonly packet: Packet;
  /** An unreadable packet counts as long as the last readable one. */
  readonly samples: number;
  readonly gap?: PacketGap;
};

export type PacketGap = {
  readonly lost: number;
  /** Samples of silence, in which nothing was sent. Undefined between two streams, where only the clock knows. */
  readonly silent?: number;
  readonly isRestart: boolean;
};

/** A packet waits for the one before it for up to three frames. */
const maxReorderWaitMs = 60;
const maxWaitingPackets = 15;
const maxLostFrames = 5;
const maxSilenceSamples = 60 * 48_000;
const minPacketSamples = 120;
const usualPacketSamples = 960;
/** A sender with older packets (2 s) has restarted. */
const maxLatePackets = 100;

/** A packet that comes so much later than its predecessor, beside the time between them, was held up. */
const heldUpMs = 40;
/** A line that lost or held up packets will do so again within this time. */
const unevenMs = 5_000;
/** Samples of a timestamp in one ms, at 48 kHz. */
export const rtpSamplesPerMs = 48;

const noPackets: readonly OrderedPacket[] = [];
const newStreamGap: PacketGap = { lost: 0, isRestart: true };

/** A packet with its sequence number, which does not wrap here. */
type PlacedPacket = { readonly packet: Packet; readonly position: number };

/**
 * Jitter buffer: puts one person's packets in order and reports the gaps between them.
 *
 * A packet in order passes at once. Any other one waits up to 60 ms, so `releaseOverdue` must be called regularly. Lengths of
 * packets and gaps add up to the timestamps of a valid stream. Packets carry no SSRC, and another stream shows by
 * numbers that do not continue.
 *
 * @example
 * import { JitterBuffer } from '#src/audio/jitter-buffer.ts';
 * import { toPersonId } from '#src/base/ids.ts';
 *
 * const buffer = new JitterBuffer();
 * const opus = Uint8Array.of(0xf8, 0xff, 0xfe);
 * const speakerId = toPersonId('1');
 * const packets = [1, 3, 2].map((n) => ({ speakerId, sequence: n, timestamp: n * 960, opus, atMs: n }));
 * const ordered = packets.flatMap((packet) => buffer.addPacket(packet));
 * ordered.map(({ packet }) => packet.sequence); // [1, 2, 3]
 */
export class JitterBuffer {
  readonly #waiting = new Map<number, PlacedPacket>();
  #last: PlacedPacket | undefined;
  #lastSamples = usualPacketSamples;
  #unevenAtMs = -Infinity;

  /** True while packets wait for missing ones before them. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Tests whether packets were lost, late or out of order a short while before `atMs`. */
  isUneven(atMs: number): boolean {
    return atMs - this.#unevenAtMs < unevenMs;
  }

  /** Adds a packet in the order of arrival, and returns the packets that may pass now, in their true order. */
  addPacket(packet: Packet): readonly OrderedPacket[] {
    this.#noteArrival(packet);
    if (!this.#last)
      return [this.#passPacket({ packet, position: 0x1_0000 + packet.sequence })];
    const position = unwrapSequence(packet.sequence, this.#last.position);
    if (packet.opus.length === 0) {
      // Padding takes a sequence number, but no time. Out of order it counts as lost.
      if (position === this.#last.position + 1)
        this.#last = { packet: this.#last.packet, position };
      return this.releaseOverdue(packet.atMs);
    }
    if (position <= this.#last.position) return this.#receiveOld({ packet, position });
    if (this.#waiting.size === 0 && this.#countMissing(position) === 0)
      return [this.#passWithGap({ packet, position })];
    const full =
      this.#countMissing(position) >= maxWaitingPackets
        ? this.#releaseWhile(() => true)
        : [];
    if (this.#countMissing(position) >= maxWaitingPackets)
      return [...full, this.#passWithGap({ packet, position })];
    return [...full, ...this.#holdPacket({ packet, position })];
  }

  /** Returns the packets that waited 60 ms for missing ones before them. Must be called about every 20 ms. */
  releaseOverdue(atMs: number): readonly OrderedPacket[] {
    if (this.#waiting.size === 0) return noPackets;
    return this.#releaseWhile(
      (missing) => missing === 0 || atMs - this.#getOldestMs() >= maxReorderWaitMs,
    );
  }

  #noteArrival({ atMs, sequence, timestamp }: Packet) {
    const last = this.#last?.packet;
    if (!last) return;
    const sentAfterMs = ((timestamp - last.timestamp) | 0) / rtpSamplesPerMs;
    const isHeldUp = atMs - last.atMs - sentAfterMs >= heldUpMs;
    const isNext = ((sequence - last.sequence) & 0xffff) === 1;
    if (isHeldUp || !isNext) this.#unevenAtMs = atMs;
  }

  #holdPacket(placed: PlacedPacket) {
    if (!this.#waiting.has(placed.position)) this.#waiting.set(placed.position, placed);
    return this.releaseOverdue(placed.packet.atMs);
  }

  #releaseWhile(ready: (missing: number) => boolean) {
    const released: OrderedPacket[] = [];
    for (;;) {
      const next = this.#waiting.get(Math.min(...this.#waiting.keys()));
      if (!next || !ready(this.#countMissing(next.position))) return released;
      this.#waiting.delete(next.position);
      released.push(this.#passWithGap(next));
    }
  }

  #countMissing(position: number) {
    return this.#last ? position - this.#last.position - 1 : 0;
  }

  #getOldestMs() {
    let oldest = Infinity;
    for (const { packet } of this.#waiting.values())
      oldest = Math.min(oldest, packet.atMs);
    return oldest;
  }

  #passWithGap(next: PlacedPacket) {
    return this.#passPacket(
      next,
      this.#last && this.#measureGap(this.#last.packet, next),
    );
  }

  #measureGap(last: Packet, { packet, position }: PlacedPacket) {
    const missing = this.#countMissing(position);
    const jump = (packet.timestamp - last.timestamp) | 0;
    if (!isSameStream(jump, missing)) return newStreamGap;
    const between = Math.max(0, jump - this.#lastSamples);
    if (missing > maxLostFrames) return { ...newStreamGap, silent: between };
    const lost = Math.min(between, missing * this.#lastSamples);
    if (missing === 0 && between === 0) return undefined;
    return { lost, silent: between - lost, isRestart: false };
  }

  #receiveOld({ packet, position }: PlacedPacket) {
    return this.#isLate(packet, position)
      ? this.releaseOverdue(packet.atMs)
      : this.#restartStream(packet);
  }

  #isLate({ timestamp }: Packet, position: number) {
    const since = this.#last ? (this.#last.packet.timestamp - timestamp) | 0 : 0;
    const between = -this.#countMissing(position) - 2;
    return between < maxLatePackets && isSameStream(since, between);
  }

  #restartStream(packet: Packet) {
    const released = this.#releaseWhile(() => true);
    const position = 0x1_0000 + packet.sequence;
    return [...released, this.#passPacket({ packet, position }, newStreamGap)];
  }

  #passPacket(placed: PlacedPacket, gap?: PacketGap) {
    const { packet } = placed;
    this.#last = placed;
    // 0 for bytes that are not Opus, or not yet.
    const samples = isEncrypted(packet.opus) ? 0 : countOpusSamples(packet.opus);
    this.#lastSamples = samples || this.#lastSamples;
    return { packet, samples: this.#lastSamples, gap };
  }
}

/** Finds the nearest number with these lower 16 bits: https://www.rfc-editor.org/rfc/rfc3550.html#appendix-A.1 */
function unwrapSequence(sequence: number, near: number) {
  return near + (((sequence - near) << 16) >> 16);
}

function isSameStream(jump: number, missing: number) {
  // Time passes, not too long, and long enough for the lost packets.
  return jump >= missing * minPacketSamples && jump <= maxSilenceSamples;
}
