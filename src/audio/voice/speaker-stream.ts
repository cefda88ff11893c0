import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { isSilenceFrame } from '#src/audio/opus/opus-packet.ts';
import {
  isSealed,
  type OrderCounts,
  type OrderedPacket,
  type Packet,
  type PacketGap,
  PacketOrder,
} from '#src/audio/packet.ts';
import { listenRateHz } from '#src/audio/pcm.ts';
import { Concealment } from './packet-loss-concealment.ts';

/**
 * Sound of one microphone in order, mono at 16 kHz. `atMs` is the instant of the last sample and never goes back.
 *
 * The samples of a gap conceal lost sound, and are zeros for at most 300 ms of silence. `lengthMs` is the true
 * length.
 */
export type SpeakerSound =
  | {
      readonly kind: 'sound' | 'silence-frame';
      readonly samples: Int16Array;
      readonly atMs: number;
    }
  | {
      readonly kind: 'gap';
      readonly samples: Int16Array;
      readonly lengthMs: number;
      readonly atMs: number;
    };

export type StreamCounts = OrderCounts & {
  readonly heard: number;
  readonly sealed: number;
  readonly undecodable: number;
  /** Lost, encrypted or undecodable, and concealed. */
  readonly concealed: number;
};

const noSounds: readonly SpeakerSound[] = [];

const rtpPerMs = 48;
const rtpPerSample = 3;
const gapLimitSamples = 0.3 * listenRateHz;

/**
 * Turns one person's packets into samples. A bad packet becomes a gap and never throws.
 *
 * @example
 * import { loadOpus } from '#src/audio/opus/load-opus.ts';
 * import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
 *
 * const codec = await loadOpus();
 * const opus = codec.encoder(48_000).encode(new Int16Array(960));
 * const packet = { speakerId: '1', sequence: 1, timestamp: 960, opus, atMs: 20 };
 * new SpeakerStream(codec).put(packet).map(({ samples }) => samples.length); // [320]
 */
export class SpeakerStream {
  readonly #codec;
  readonly #order = new PacketOrder();
  readonly #concealment = new Concealment();
  #decoder: OpusDecoder | undefined;
  #lastAtMs = -Infinity;
  #counts = { heard: 0, sealed: 0, undecodable: 0, concealed: 0 };

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  put(packet: Packet): readonly SpeakerSound[] {
    return this.#hear(this.#order.put(packet));
  }

  /** Releases packets that waited long enough. Must be called about every 20 ms. */
  settle(atMs: number): readonly SpeakerSound[] {
    return this.#hear(this.#order.settle(atMs));
  }

  counts(): StreamCounts {
    return { ...this.#order.counts(), ...this.#counts };
  }

  #hear(ordered: readonly OrderedPacket[]): readonly SpeakerSound[] {
    if (ordered.length === 0) return noSounds;
    const heard: SpeakerSound[] = [];
    for (const { packet, samples, gap } of ordered) {
      const atMs = Math.max(this.#lastAtMs, packet.atMs);
      const beganAtMs = Math.max(this.#lastAtMs, atMs - samples / rtpPerMs);
      if (gap)
        heard.push(this.#gap(gap, beganAtMs, (packet.atMs - this.#lastAtMs) * rtpPerMs - samples));
      this.#lastAtMs = atMs;
      heard.push(this.#open(packet, samples, atMs));
    }
    return heard;
  }

  #gap(
    { frames, lost, silent: sent, isRestart }: PacketGap,
    atMs: number,
    absent: number,
  ): SpeakerSound {
    if (isRestart) this.#forget();
    // Between two streams only the clock measures the gap.
    const silent = sent ?? Math.max(0, absent);
    const made = this.#fill(frames, lost);
    if (silent > 0) this.#concealment.reset();
    const zeros = Math.min(Math.floor(silent / rtpPerSample), gapLimitSamples);
    const samples = new Int16Array(made.length + zeros);
    samples.set(made);
    return { kind: 'gap', samples, lengthMs: (lost + silent) / rtpPerMs, atMs };
  }

  #open(packet: Packet, length: number, atMs: number): SpeakerSound {
    const { opus } = packet;
    const samples = isSealed(opus) ? this.#sealed() : this.#decoded(opus);
    if (!samples) return this.#bad(length, atMs);
    this.#counts.heard++;
    this.#concealment.heard(samples);
    const kind = isSilenceFrame(opus) ? 'silence-frame' : 'sound';
    return { kind, samples, atMs };
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
      this.#decoder = undefined; // The decoder may be broken.
      return undefined;
    }
  }

  #bad(length: number, atMs: number): SpeakerSound {
    return { kind: 'gap', samples: this.#fill(1, length), lengthMs: length / rtpPerMs, atMs };
  }

  #fill(frames: number, length: number): Int16Array {
    if (this.#concealment.knows) this.#counts.concealed += frames;
    return this.#concealment.fill(Math.floor(length / rtpPerSample));
  }

  #forget() {
    this.#decoder = undefined;
    this.#concealment.reset();
  }
}
