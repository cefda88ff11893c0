import { opusSamples } from '#src/audio/opus/opus-packet.ts';

/** One undecoded voice packet of one person, in order of arrival. */
export type Packet = {
  readonly speakerId: PersonId;
  /** RTP sequence, 16 bit, wraps. */
  readonly sequence: number;
  /** RTP timestamp at 48 kHz, 32 bit, wraps; 960 per 20 ms. */
  readonly timestamp: number;
  /** Empty: nothing but padding. */
  readonly opus: Uint8Array;
  readonly atMs: number;
};

/** Still end-to-end encrypted: it ends in the marker that opening takes away (DAVE protocol, "Payload Format"). */
export function isSealed(opus: Uint8Array): boolean {
  const { length } = opus;
  return opus[length - 1] === 0xfa && opus[length - 2] === 0xfa;
}

/** A packet in its place, and the gap before it. Samples are at 48 kHz, as in RTP. */
export type OrderedPacket = {
  readonly packet: Packet;
  /** An unreadable packet counts as long as the last readable one. */
  readonly samples: number;
  readonly gap?: PacketGap;
};

/** Time before a packet for which there is none. */
export type PacketGap = {
  /** Frames that never came, and their samples. */
  readonly frames: number;
  readonly lost: number;
  /** Samples of silence: nothing was sent. Left out where another stream begins and only the clock knows. */
  readonly silent?: number;
  /** Too much is missing for the packet to continue the sound before, or another stream begins. */
  readonly isRestart: boolean;
};

/** Packets since the stream was opened; `late` came once more, or after they had been given up as lost. */
export type OrderCounts = {
  readonly lost: number;
  readonly late: number;
};

/** Longest wait, in ms, of a packet for the one before it: three frames. */
const reorderWaitMs = 60;
/** Also the most packets that wait; one further ahead is not a matter of order. */
const reorderLimit = 15;
const lossLimitFrames = 5;
/** No pause is believed to be longer. */
const silenceLimitSamples = 60 * 48_000;
/** No frame is shorter. */
const shortestSamples = 120;
const usualSamples = 960;
/** Latest packet that still counts as late, 2 s; beyond, the sender has restarted. */
const lateLimit = 100;

const none: readonly OrderedPacket[] = [];
const anotherStream: PacketGap = { frames: 0, lost: 0, isRestart: true };

/** A packet with its sequence unwrapped, so that nothing is confused over hours. */
type PlacedPacket = { readonly packet: Packet; readonly place: number };

/**
 * Puts one person's packets in order and reports the gaps between them.
 *
 * Of a valid stream the lengths of all packets and gaps add up to its timestamps. A packet in order is passed at once; otherwise it
 * waits up to 60 ms: `settle` must be called regularly. Packets carry no SSRC: another
 * stream shows by a sequence or timestamp that does not follow.
 */
export class PacketOrder {
  readonly #held = new Map<number, PlacedPacket>();
  #last: PlacedPacket | undefined;
  #lastSamples = usualSamples;
  #counts = { lost: 0, late: 0 };

  put(packet: Packet): readonly OrderedPacket[] {
    if (!this.#last) return [this.#pass({ packet, place: 0x1_0000 + packet.sequence })];
    const place = unwrap(packet.sequence, this.#last.place);
    if (packet.opus.length === 0) {
      // Padding takes a place, and no time; out of order it is as good as lost.
      if (place === this.#last.place + 1) this.#last = { packet: this.#last.packet, place };
      return this.settle(packet.atMs);
    }
    if (place <= this.#last.place) return this.#old({ packet, place });
    if (this.#held.size === 0 && this.#missing(place) === 0) return [this.#join({ packet, place })];
    const full = this.#missing(place) >= reorderLimit ? this.#release(() => true) : [];
    if (this.#missing(place) >= reorderLimit) return [...full, this.#join({ packet, place })];
    return [...full, ...this.#hold({ packet, place })];
  }

  /** Gives up packets that were waited for long enough. */
  settle(atMs: number): readonly OrderedPacket[] {
    if (this.#held.size === 0) return none;
    return this.#release((missing) => missing === 0 || atMs - this.#oldestAtMs() >= reorderWaitMs);
  }

  counts(): OrderCounts {
    return { ...this.#counts };
  }

  #hold(placed: PlacedPacket): readonly OrderedPacket[] {
    if (!this.#held.has(placed.place)) this.#held.set(placed.place, placed);
    return this.settle(placed.packet.atMs);
  }

  #release(ready: (missing: number) => boolean): OrderedPacket[] {
    const released: OrderedPacket[] = [];
    for (;;) {
      const next = this.#held.get(Math.min(...this.#held.keys()));
      if (!next || !ready(this.#missing(next.place))) return released;
      this.#held.delete(next.place);
      released.push(this.#join(next));
    }
  }

  #missing(place: number): number {
    return this.#last ? place - this.#last.place - 1 : 0;
  }

  #oldestAtMs(): number {
    let oldest = Infinity;
    for (const { packet } of this.#held.values()) oldest = Math.min(oldest, packet.atMs);
    return oldest;
  }

  #join(next: PlacedPacket): OrderedPacket {
    return this.#pass(next, this.#last && this.#gap(this.#last.packet, next));
  }

  /** Little, much lost at once, or another stream begins. */
  #gap(last: Packet, { packet, place }: PlacedPacket): PacketGap | undefined {
    const missing = this.#missing(place);
    const jump = (packet.timestamp - last.timestamp) | 0;
    if (!follows(jump, missing)) return anotherStream;
    this.#counts.lost += missing;
    const between = Math.max(0, jump - this.#lastSamples);
    if (missing > lossLimitFrames) return { ...anotherStream, silent: between };
    const lost = Math.min(between, missing * this.#lastSamples);
    if (missing === 0 && between === 0) return undefined;
    return { frames: missing, lost, silent: between - lost, isRestart: false };
  }

  #old({ packet, place }: PlacedPacket): readonly OrderedPacket[] {
    if (!this.#isLate(packet, place)) return this.#restart(packet);
    this.#counts.late++;
    return this.settle(packet.atMs);
  }

  #isLate({ timestamp }: Packet, place: number) {
    const since = this.#last ? (this.#last.packet.timestamp - timestamp) | 0 : 0;
    const between = -this.#missing(place) - 2;
    return between < lateLimit && follows(since, between);
  }

  #restart(packet: Packet): readonly OrderedPacket[] {
    const released = this.#release(() => true);
    const place = 0x1_0000 + packet.sequence;
    return [...released, this.#pass({ packet, place }, anotherStream)];
  }

  #pass(placed: PlacedPacket, gap?: PacketGap): OrderedPacket {
    const { packet } = placed;
    this.#last = placed;
    // 0 for bytes that are not Opus, or not yet
    const samples = isSealed(packet.opus) ? 0 : opusSamples(packet.opus);
    this.#lastSamples = samples || this.#lastSamples;
    return { packet, samples: this.#lastSamples, gap };
  }
}

/** The place with these lower 16 bits that is nearest to `near` (RFC 3550, appendix A.1). */
function unwrap(sequence: number, near: number): number {
  return near + (((sequence - near) << 16) >> 16);
}

/** The same stream continues: time passes, not too long, and long enough for the lost packets. */
function follows(jump: number, missing: number): boolean {
  return jump >= missing * shortestSamples && jump <= silenceLimitSamples;
}
