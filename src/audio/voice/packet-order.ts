import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import { isSealed, type Packet } from '#src/audio/packet.ts';
import { Jitter } from './jitter.ts';

/** Samples are at 48 kHz, as in RTP. */
export type OrderStep =
  /** An unreadable packet counts as long as the last readable one. */
  | { readonly kind: 'packet'; readonly packet: Packet; readonly samples: number }
  /** Frames that never came, just before the packet that follows. */
  | { readonly kind: 'lost'; readonly frames: number; readonly samples: number }
  /** Silence: nothing was sent for this many samples. */
  | { readonly kind: 'silence'; readonly samples: number }
  /** Too much is missing for `samples`, or another stream begins and only the clock knows how long nothing came. */
  | { readonly kind: 'restart'; readonly samples?: number };

/** Packets since the stream was opened; `late` came after they had been given up as lost. */
export type OrderCounts = {
  readonly lost: number;
  readonly late: number;
  readonly duplicate: number;
  readonly reordered: number;
};

/** Longest wait, in ms, of a packet for the one before it. Two frames: more would be heard as delay. */
const reorderWaitMs = 40;
/** Longest wait for a missing packet while packets arrive unevenly, in ms. */
const unevenWaitMs = 60;
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
const remembered = 128;

const noSteps: readonly OrderStep[] = [];

/** A packet with its sequence unwrapped, so that nothing is confused over hours. */
type PlacedPacket = { readonly packet: Packet; readonly place: number };

/**
 * Puts one person's packets in order and reports the gaps between them.
 *
 * Of a valid stream the lengths of all steps add up to its timestamps. A packet in order is passed at once; otherwise it
 * waits up to 40 ms, or 60 ms while `Jitter` is uneven: `settle` must be called regularly. Packets carry no SSRC: another
 * stream shows by a sequence or timestamp that does not follow.
 */
export class PacketOrder {
  readonly #jitter = new Jitter();
  readonly #held = new Map<number, PlacedPacket>();
  /** Places released lately and their timestamps, each at the place modulo the length. */
  readonly #places = new Float64Array(remembered).fill(-1);
  readonly #timestamps = new Uint32Array(remembered);
  #last: PlacedPacket | undefined;
  #lastSamples = usualSamples;
  #counts = { lost: 0, late: 0, duplicate: 0, reordered: 0 };

  put(packet: Packet): readonly OrderStep[] {
    this.#jitter.note(packet);
    if (!this.#last) return [this.#pass({ packet, place: 0x1_0000 + packet.sequence })];
    const place = unwrap(packet.sequence, this.#last.place);
    if (place <= this.#last.place) return this.#old({ packet, place });
    if (this.#held.size === 0 && this.#missing(place) === 0) return this.#join({ packet, place });
    const full = this.#missing(place) >= reorderLimit ? this.#release(() => true) : [];
    if (this.#missing(place) >= reorderLimit) return [...full, ...this.#join({ packet, place })];
    return [...full, ...this.#hold({ packet, place })];
  }

  /** Gives up packets that were waited for long enough. */
  settle(atMs: number): readonly OrderStep[] {
    if (this.#held.size === 0) return noSteps;
    const waitMs = this.#jitter.uneven ? unevenWaitMs : reorderWaitMs;
    return this.#release((missing) => missing === 0 || atMs - this.#oldestAtMs() >= waitMs);
  }

  counts(): OrderCounts {
    return { ...this.#counts };
  }

  /** Spread of the arrivals of packets, in ms: `spreadMs` of `Jitter`. */
  get jitterMs(): number | undefined {
    return this.#jitter.spreadMs;
  }

  #hold(placed: PlacedPacket): readonly OrderStep[] {
    if (this.#held.has(placed.place)) this.#counts.duplicate++;
    else {
      if (this.#isOvertaken(placed.place)) this.#counts.reordered++;
      this.#held.set(placed.place, placed);
    }
    return this.settle(placed.packet.atMs);
  }

  #release(ready: (missing: number) => boolean): OrderStep[] {
    const steps: OrderStep[] = [];
    for (;;) {
      const next = this.#held.get(Math.min(...this.#held.keys()));
      if (!next || !ready(this.#missing(next.place))) return steps;
      this.#held.delete(next.place);
      steps.push(...this.#join(next));
    }
  }

  #missing(place: number): number {
    return this.#last ? place - this.#last.place - 1 : 0;
  }

  #oldestAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { packet } of this.#held.values()) oldest = Math.min(oldest, packet.atMs);
    return oldest;
  }

  #isOvertaken(place: number): boolean {
    for (const other of this.#held.keys()) if (other > place) return true;
    return false;
  }

  /** A packet, and the gap before it: little, much lost at once, or another stream begins. */
  #join(next: PlacedPacket): OrderStep[] {
    const steps: OrderStep[] = [];
    if (this.#last) this.#emitBetween(this.#last.packet, next, steps);
    steps.push(this.#pass(next));
    return steps;
  }

  #emitBetween(last: Packet, { packet, place }: PlacedPacket, steps: OrderStep[]): void {
    const missing = this.#missing(place);
    const jump = (packet.timestamp - last.timestamp) | 0;
    if (!follows(jump, missing)) {
      steps.push({ kind: 'restart' });
      return;
    }
    this.#counts.lost += missing;
    const between = Math.max(0, jump - this.#lastSamples);
    if (missing > lossLimitFrames) {
      steps.push({ kind: 'restart', samples: between });
      return;
    }
    const lost = Math.min(between, missing * this.#lastSamples);
    if (missing > 0) steps.push({ kind: 'lost', frames: missing, samples: lost });
    if (between > lost) steps.push({ kind: 'silence', samples: between - lost });
  }

  #old({ packet, place }: PlacedPacket): readonly OrderStep[] {
    const slot = place % remembered;
    const isKnown = this.#places[slot] === place;
    const isDuplicate = isKnown && this.#timestamps[slot] === packet.timestamp;
    if (!isDuplicate && (isKnown || !this.#isLate(packet, place))) return this.#restart(packet);
    this.#counts[isDuplicate ? 'duplicate' : 'late']++;
    return this.settle(packet.atMs);
  }

  #isLate({ timestamp }: Packet, place: number): boolean {
    const since = this.#last ? (this.#last.packet.timestamp - timestamp) | 0 : 0;
    const between = -this.#missing(place) - 2;
    return between < lateLimit && follows(since, between);
  }

  #restart(packet: Packet): OrderStep[] {
    const steps = this.#release(() => true);
    this.#places.fill(-1);
    const place = 0x1_0000 + packet.sequence;
    return [...steps, { kind: 'restart' }, this.#pass({ packet, place })];
  }

  #pass(placed: PlacedPacket): OrderStep {
    const { packet, place } = placed;
    this.#last = placed;
    this.#lastSamples = lengthOf(packet) || this.#lastSamples;
    this.#places[place % remembered] = place;
    this.#timestamps[place % remembered] = packet.timestamp;
    return { kind: 'packet', packet, samples: this.#lastSamples };
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

/** Samples at 48 kHz, by the first byte; 0 for bytes that are not Opus, or not yet. */
function lengthOf({ opus }: Packet): number {
  return isSealed(opus) ? 0 : opusSamples(opus);
}
