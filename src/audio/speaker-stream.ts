import type { OpusCodec, OpusDecoder } from './opus.ts';
import { isSealed, isSilenceFrame, type Packet } from './packet.ts';
import { lengthOf, type OrderCounts, type OrderStep, PacketOrder } from './packet-order.ts';
import { listenRateHz } from './pcm.ts';

/**
 * What one person's microphone gave, in order, as 16 kHz mono. `atMs` is the instant of the last sample, and never
 * goes back. `lengthMs` is the true length; `samples` of a gap are zeros for at most 300 ms of it.
 */
export type Heard =
  | { readonly kind: 'sound'; readonly samples: Int16Array; readonly atMs: number }
  | { readonly kind: 'silence-frame'; readonly samples: Int16Array; readonly atMs: number }
  | {
      readonly kind: 'gap';
      readonly samples: Int16Array;
      readonly lengthMs: number;
      readonly atMs: number;
    };

/** `sealed` frames came still encrypted end to end; `undecodable` ones are not Opus, or no decoder could be had. */
export type StreamCounts = OrderCounts & { readonly sealed: number; readonly undecodable: number };

const gapLimitMs = 300;
/** A decoder nobody has used for so long is freed; the next word gets a new one. */
const idleMs = 30_000;
const samplesPerMs = listenRateHz / 1000;
const rtpPerMs = 48;

/** Turns one person's packets into samples. Never throws for what a packet holds; a bad one becomes a gap. */
export class SpeakerStream {
  readonly #codec: OpusCodec;
  readonly #order = new PacketOrder();
  #decoder: OpusDecoder | undefined;
  #closed = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #sealed = 0;
  #undecodable = 0;

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  put(packet: Packet): Heard[] {
    return this.#closed ? [] : this.#hear(this.#order.put(packet));
  }

  /** To be called every 20 ms or so: releases packets that waited long enough for one before them. */
  settle(atMs: number): Heard[] {
    if (this.#closed) return [];
    const heard = this.#hear(this.#order.settle(atMs));
    if (atMs - this.#lastAtMs > idleMs) this.#forget();
    return heard;
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  counts(): StreamCounts {
    return { ...this.#order.counts(), sealed: this.#sealed, undecodable: this.#undecodable };
  }

  #hear(steps: readonly OrderStep[]): Heard[] {
    const heard: Heard[] = [];
    let missingMs = 0;
    let restarted = false;
    for (const step of steps) {
      switch (step.kind) {
        case 'lost':
        case 'silence':
          missingMs += step.samples / rtpPerMs;
          break;
        case 'restart':
          this.#forget();
          restarted = true;
          break;
        case 'packet': {
          const atMs = Math.max(this.#lastAtMs, step.packet.atMs);
          const gapMs = restarted ? this.#absentMs(step.packet) : missingMs;
          if (gapMs > 0) heard.push(this.#gap(gapMs, atMs - lengthMs(step.packet)));
          heard.push(this.#open(step.packet, atMs));
          this.#lastAtMs = atMs;
          missingMs = 0;
          restarted = false;
        }
      }
    }
    return heard;
  }

  /** Between two streams only the clock tells what passed. */
  #absentMs(packet: Packet): number {
    return Math.max(0, packet.atMs - this.#lastAtMs - lengthMs(packet));
  }

  #open(packet: Packet, atMs: number): Heard {
    const { opus } = packet;
    if (isSealed(opus)) {
      this.#sealed++;
      return this.#gap(lengthMs(packet), atMs);
    }
    try {
      this.#decoder ??= this.#codec.decoder(listenRateHz);
      const samples = this.#decoder.decode(opus);
      return { kind: isSilenceFrame(opus) ? 'silence-frame' : 'sound', samples, atMs };
    } catch {
      this.#undecodable++;
      return this.#gap(lengthMs(packet), atMs);
    }
  }

  #gap(gapMs: number, atMs: number): Heard {
    const samples = new Int16Array(Math.floor(Math.min(gapMs, gapLimitMs) * samplesPerMs));
    return { kind: 'gap', samples, lengthMs: gapMs, atMs: Math.max(this.#lastAtMs, atMs) };
  }

  #forget(): void {
    this.#decoder?.free();
    this.#decoder = undefined;
  }
}

function lengthMs(packet: Packet): number {
  return lengthOf(packet) / rtpPerMs;
}
