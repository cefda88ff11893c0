import { opusSamples } from './opus-toc.ts';
import { isSealed, type Packet } from './packet.ts';

/** Samples are at 48 kHz, as in RTP. */
export type OrderStep =
  | { readonly kind: 'packet'; readonly packet: Packet }
  /** Frames that never came, just before the packet that follows. */
  | { readonly kind: 'lost'; readonly frames: number; readonly samples: number }
  /** Nothing was sent for so long: the person was silent. */
  | { readonly kind: 'silence'; readonly samples: number }
  /** What follows does not join what was before: another stream, or too much is missing. */
  | { readonly kind: 'restart' };

/** All since the stream was opened; `late` came after it had been given up. */
export type OrderCounts = {
  readonly lost: number;
  readonly late: number;
  readonly duplicate: number;
  readonly reordered: number;
};

/** How long a packet waits for one before it. Two frames: more would be heard as delay. */
export const reorderWaitMs = 40;
/** Also the most packets that wait; one further ahead cannot be a matter of order. */
const reorderLimit = 15;
const lossLimitFrames = 5;
/** No pause is believed to be longer. */
const silenceLimitSamples = 60 * 48_000;
/** A packet that comes up to 2 s late is late; beyond, the sender has started anew. */
const lateLimit = 100;

/**
 * Puts one person's packets in order and tells what is missing between them.
 *
 * Of a valid stream the lengths of all steps add up to its timestamps. A packet in order is passed at once; otherwise
 * it waits up to 40 ms, so `settle` must be called now and then. Packets carry no SSRC: another stream shows by a
 * sequence or timestamp that does not follow.
 */
export class PacketOrder {
  readonly #held = new Map<number, Packet>();
  /** Sequences released lately, each at its place modulo the length. */
  readonly #released = new Int32Array(128).fill(-1);
  #last: Packet | undefined;
  /** Old packets without a newer one between: a new stream may look like that. */
  #oldRun = 0;
  #counts = { lost: 0, late: 0, duplicate: 0, reordered: 0 };

  put(packet: Packet): OrderStep[] {
    if (!this.#last) return [this.#pass(packet)];
    const ahead = aheadOf(this.#last, packet);
    if (ahead < 0) return this.#old(packet, ahead);
    if (ahead >= reorderLimit) return this.#restart(packet);
    this.#oldRun = 0;
    if (this.#held.has(packet.sequence)) {
      this.#counts.duplicate++;
      return this.settle(packet.atMs);
    }
    if (this.#isOvertaken(ahead)) this.#counts.reordered++;
    this.#held.set(packet.sequence, packet);
    return this.settle(packet.atMs);
  }

  /** Gives up what has been waited for long enough. */
  settle(atMs: number): OrderStep[] {
    return this.#release((missing) => missing === 0 || atMs - this.#oldestAtMs() >= reorderWaitMs);
  }

  counts(): OrderCounts {
    return { ...this.#counts };
  }

  #release(ready: (missing: number) => boolean): OrderStep[] {
    const steps: OrderStep[] = [];
    for (;;) {
      const next = this.#nearest();
      if (!next || !ready(next.missing)) return steps;
      this.#held.delete(next.packet.sequence);
      steps.push(...this.#join(next.packet, next.missing), this.#pass(next.packet));
    }
  }

  #nearest(): { readonly packet: Packet; readonly missing: number } | undefined {
    let nearest: { readonly packet: Packet; readonly missing: number } | undefined;
    for (const packet of this.#held.values()) {
      const missing = this.#last ? aheadOf(this.#last, packet) : 0;
      if (!nearest || missing < nearest.missing) nearest = { packet, missing };
    }
    return nearest;
  }

  #oldestAtMs(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#held.values()) oldest = Math.min(oldest, atMs);
    return oldest;
  }

  #isOvertaken(ahead: number): boolean {
    for (const packet of this.#held.values()) {
      if (this.#last && aheadOf(this.#last, packet) > ahead) return true;
    }
    return false;
  }

  /** What lies between the last packet and `packet`. */
  #join(packet: Packet, missing: number): OrderStep[] {
    if (!this.#last) return [];
    this.#counts.lost += missing;
    const jump = (packet.timestamp - this.#last.timestamp) | 0;
    if (missing > lossLimitFrames || jump < 0 || jump > silenceLimitSamples) {
      return [{ kind: 'restart' }];
    }
    const length = lengthOf(this.#last);
    const between = Math.max(0, jump - length);
    const lost = Math.min(between, missing * length);
    const steps: OrderStep[] = [];
    if (missing > 0) steps.push({ kind: 'lost', frames: missing, samples: lost });
    if (between > lost) steps.push({ kind: 'silence', samples: between - lost });
    return steps;
  }

  #old(packet: Packet, ahead: number): OrderStep[] {
    const backwards = this.#last && (packet.timestamp - this.#last.timestamp) | 0;
    const plausible = ahead >= -lateLimit && (backwards ?? 0) <= 0;
    if (!plausible || this.#oldRun >= reorderLimit) return this.#restart(packet);
    this.#oldRun++;
    const known = this.#released[packet.sequence % this.#released.length] === packet.sequence;
    this.#counts[known ? 'duplicate' : 'late']++;
    return this.settle(packet.atMs);
  }

  #restart(packet: Packet): OrderStep[] {
    const steps = this.#release(() => true);
    this.#released.fill(-1);
    this.#oldRun = 0;
    return [...steps, { kind: 'restart' }, this.#pass(packet)];
  }

  #pass(packet: Packet): OrderStep {
    this.#last = packet;
    this.#released[packet.sequence % this.#released.length] = packet.sequence;
    return { kind: 'packet', packet };
  }
}

/** Packets missing between the two; negative if `packet` does not come after `last`. */
function aheadOf(last: Packet, packet: Packet): number {
  return ((packet.sequence - last.sequence - 1) << 16) >> 16;
}

/** Samples at 48 kHz, by the first byte; what is not Opus, or not yet, counts as the usual 20 ms. */
export function lengthOf({ opus }: Packet): number {
  return (isSealed(opus) ? 0 : opusSamples(opus)) || 960;
}
