import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import type { Want } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';

/** The only length that may leave as it is. */
const frameSamples = 960;
/** Longest frame, in bytes (RFC 6716, 3.2), and longest datagram too. */
const longestFrameBytes = 1275;
/** Sound decoded and dropped after a seek, in ms, until the decoder is right (RFC 7845, 4.6). */
const preRollMs = 80;

/** Pre-skip in samples, from the header of an Opus stream (RFC 7845, 5.1). Throws a plain Error for more than two channels. */
export function preSkipOf(head: Buffer): number {
  if (head.length < 19 || head.readUInt8(18) !== 0)
    throw new Error('it has more than two channels');
  return head.readUInt16LE(10);
}

/** Opus packets on their way into sound: as they are where that is wanted and possible, else decoded. */
export class OpusSound {
  readonly #codec: OpusCodec;
  readonly #want: Want;
  readonly #skip: Skip;
  #decoder: OpusDecoder | undefined;
  #preSkip: number;

  /** `preSkip` at 48 kHz; after a jump into the middle it is 0. */
  constructor(codec: OpusCodec, want: Want, skip: Skip, preSkip: number) {
    this.#codec = codec;
    this.#want = want;
    this.#skip = skip;
    this.#preSkip = preSkip;
    if (want.kind === 'mono' || want.isExact || preSkip >= frameSamples)
      this.#decoder = this.#open();
  }

  /** Undefined for bytes that are not Opus. `keep` cuts the sound behind the end, in samples at 48 kHz. */
  push(packet: Uint8Array, keep = Number.POSITIVE_INFINITY): readonly SoundChunk[] | undefined {
    const samples = opusSamples(packet);
    if (samples === 0) return undefined;
    if (this.#skip.leftMs > preRollMs + samples / 48) {
      this.#skip.passed((samples - (this.#decoder ? this.#cutStart(samples) : 0)) / 48);
      return [];
    }
    const passes = samples === frameSamples && packet.length <= longestFrameBytes;
    if (passes && !this.#decoder) {
      return keep > 0 ? [{ kind: 'opus', packet: packet.slice(), samples }] : [];
    }
    this.#decoder ??= this.#open();
    return this.#decoded(this.#decoder, packet, Math.min(samples, keep), samples);
  }

  free(): void {
    this.#decoder?.free();
  }

  #decoded(
    decoder: OpusDecoder,
    packet: Uint8Array,
    keep: number,
    samples: number,
  ): readonly SoundChunk[] | undefined {
    try {
      const { rateHz, channels } = this.#shape;
      const at = (place: number) => Math.round((place * rateHz) / 48_000) * channels;
      const all = decoder.decode(packet);
      const sound = all.slice(at(this.#cutStart(samples)), at(Math.max(0, keep)));
      return sound.length > 0 ? [{ kind: 'pcm', pcm: { samples: sound, rateHz, channels } }] : [];
    } catch {
      return undefined;
    }
  }

  #cutStart(samples: number): number {
    const cut = Math.min(samples, this.#preSkip);
    this.#preSkip -= cut;
    return cut;
  }

  get #shape(): { readonly rateHz: number; readonly channels: 1 | 2 } {
    const want = this.#want;
    return want.kind === 'mono'
      ? { rateHz: want.rateHz, channels: 1 }
      : { rateHz: 48_000, channels: 2 };
  }

  #open(): OpusDecoder {
    const want = this.#want;
    return want.kind === 'mono' ? this.#codec.decoder(want.rateHz) : this.#codec.stereoDecoder();
  }
}
