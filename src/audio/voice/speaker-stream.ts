import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { isSealed, isSilenceFrame, type Packet } from '#src/audio/packet.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Concealment } from './concealment.ts';
import { type OrderCounts, type OrderStep, PacketOrder } from './packet-order.ts';

/**
 * Sound of one person's microphone, in order, as 16 kHz mono. `atMs` is the instant of the last sample, and never goes
 * back. `lengthMs` is the true length of a gap; its `samples` go on with the voice for lost sound, fading, and are zeros
 * for at most 300 ms where no sound was sent. `lagMs` is the delay by jitter that is contained in `atMs`, where that is
 * known.
 */
export type SpeakerSound =
  | {
      readonly kind: 'sound' | 'silence-frame';
      readonly samples: Int16Array;
      readonly atMs: number;
      readonly lagMs?: number;
    }
  | {
      readonly kind: 'gap';
      readonly samples: Int16Array;
      readonly lengthMs: number;
      readonly atMs: number;
    };

/** Packets since the stream was opened. */
export type StreamCounts = OrderCounts & {
  /** Decoded. */
  readonly heard: number;
  /** Still encrypted end to end. */
  readonly sealed: number;
  /** Not Opus, or no decoder could be had. */
  readonly undecodable: number;
  /** Lost, sealed and undecodable packets whose place was filled. */
  readonly concealed: number;
};

/** Gap before a packet, in samples at 48 kHz. */
type Missing = { readonly frames: number; readonly lost: number; readonly silent: number };
type PacketStep = Extract<OrderStep, { kind: 'packet' }>;

const noSounds: readonly SpeakerSound[] = [];
const nothing: Missing = { frames: 0, lost: 0, silent: 0 };

const rtpPerMs = 48;
const rtpPerSample = 3;
const gapLimitSamples = 0.3 * listenRateHz;
/** Time without use, in ms, after which a decoder is freed; the next word gets a new one. */
const idleMs = 30_000;
/** Bad packets in a row after which loss is no longer concealed. */
const filledRun = 5;
/** Bad packets in a row that may have been the decoder's fault. */
const spoiledRun = 2;

const timestampRange = 2 ** 32;
/** Largest lag in ms; beyond it the client's clock has jumped. */
const mostLagMs = 500;
/** Rate at which the offset may rise, so that a clock that is slower than ours is followed: 500 ppm. */
const driftShare = 0.0005;

/** Turns one person's packets into samples. Never throws for the content of a packet; a bad one becomes a gap. */
export class SpeakerStream {
  readonly #codec: OpusCodec;
  readonly #order = new PacketOrder();
  readonly #concealment = new Concealment();
  readonly #packetClock = new PacketClock();
  #decoder: OpusDecoder | undefined;
  #closed = false;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #badRun = 0;
  #counts = { heard: 0, sealed: 0, undecodable: 0, concealed: 0 };

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  put(packet: Packet): readonly SpeakerSound[] {
    return this.#closed ? noSounds : this.#hear(this.#order.put(packet));
  }

  /** Releases packets that waited long enough for one before them; to be called every 20 ms or so. */
  settle(atMs: number): readonly SpeakerSound[] {
    if (this.#closed) return noSounds;
    const heard = this.#hear(this.#order.settle(atMs));
    if (atMs - this.#lastAtMs > idleMs) this.#forget();
    return heard;
  }

  close(): void {
    this.#closed = true;
    this.#forget();
  }

  counts(): StreamCounts {
    return { ...this.#order.counts(), ...this.#counts };
  }

  /** Packets that could not be decoded. */
  get missed(): number {
    return this.#counts.sealed + this.#counts.undecodable;
  }

  /** See `PacketOrder.jitterMs`. */
  get jitterMs(): number | undefined {
    return this.#order.jitterMs;
  }

  #hear(steps: readonly OrderStep[]): readonly SpeakerSound[] {
    if (steps.length === 0) return noSounds;
    const heard: SpeakerSound[] = [];
    let missing = nothing;
    for (let n = 0; n < steps.length; n++) {
      const step = steps[n];
      if (step?.kind === 'packet') {
        this.#join(missing, step, heard);
        missing = nothing;
      } else if (step?.kind === 'lost') {
        missing = { ...missing, frames: step.frames, lost: step.samples };
      } else if (step) {
        if (step.kind === 'restart') this.#forget();
        missing = { ...missing, silent: step.samples ?? this.#absent(steps[n + 1]) };
      }
    }
    return heard;
  }

  /** Between two streams only the clock measures the gap; before the first there is none. */
  #absent(next: OrderStep | undefined): number {
    if (next?.kind !== 'packet' || !Number.isFinite(this.#lastAtMs)) return 0;
    return Math.max(0, (next.packet.atMs - this.#lastAtMs) * rtpPerMs - next.samples);
  }

  /** A packet, and the gap before it. */
  #join(missing: Missing, { packet, samples }: PacketStep, heard: SpeakerSound[]): void {
    const atMs = Math.max(this.#lastAtMs, packet.atMs);
    const beganAtMs = Math.max(this.#lastAtMs, atMs - samples / rtpPerMs);
    if (missing !== nothing) heard.push(this.#gap(missing, beganAtMs));
    this.#lastAtMs = atMs;
    heard.push(this.#open(packet, samples, atMs));
  }

  #gap({ frames, lost, silent }: Missing, atMs: number): SpeakerSound {
    const made = this.#fill(frames, lost);
    if (silent > 0) this.#concealment.reset();
    const zeros = Math.min(Math.floor(silent / rtpPerSample), gapLimitSamples);
    const samples = new Int16Array(made.length + zeros);
    samples.set(made);
    return { kind: 'gap', samples, lengthMs: (lost + silent) / rtpPerMs, atMs };
  }

  #open(packet: Packet, length: number, atMs: number): SpeakerSound {
    const { opus } = packet;
    const lagMs = this.#packetClock.lagMs(packet);
    const samples = isSealed(opus) ? this.#sealed() : this.#decoded(opus);
    if (!samples) return this.#bad(length, atMs);
    this.#badRun = 0;
    this.#counts.heard++;
    this.#concealment.heard(samples);
    const kind = isSilenceFrame(opus) ? 'silence-frame' : 'sound';
    return { kind, samples, atMs, lagMs: lagMs + atMs - packet.atMs };
  }

  #sealed(): undefined {
    this.#counts.sealed++;
  }

  #decoded(opus: Uint8Array): Int16Array | undefined {
    try {
      this.#decoder ??= this.#codec.decoder(listenRateHz);
      return this.#decoder.decode(opus);
    } catch {
      this.#counts.undecodable++;
      if (this.#badRun >= spoiledRun) this.#freeDecoder();
      return undefined;
    }
  }

  #bad(length: number, atMs: number): SpeakerSound {
    this.#badRun++;
    const lengthMs = length / rtpPerMs;
    const samples =
      this.#badRun > filledRun
        ? new Int16Array(Math.floor(length / rtpPerSample))
        : this.#fill(1, length);
    return { kind: 'gap', samples, lengthMs, atMs };
  }

  #fill(frames: number, length: number): Int16Array {
    if (this.#concealment.knows) this.#counts.concealed += frames;
    return this.#concealment.fill(Math.floor(length / rtpPerSample));
  }

  /** Forgets the stream: the next sound does not continue it. */
  #forget(): void {
    this.#freeDecoder();
    this.#concealment.reset();
  }

  #freeDecoder(): void {
    this.#decoder?.free();
    this.#decoder = undefined;
  }
}

/**
 * Measures by RTP timestamps how much later than the fastest packets of its speaker a packet arrived, in ms: the delay by
 * jitter.
 */
class PacketClock {
  #timestamp: number | undefined;
  /** Time of the last packet by its timestamp, in ms since the first one. */
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

/** Signed difference of two timestamps of 32 bits, in any order. */
function signed(difference: number): number {
  const around = ((difference % timestampRange) + timestampRange) % timestampRange;
  return around > timestampRange / 2 ? around - timestampRange : around;
}
