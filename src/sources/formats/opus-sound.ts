import type { OpusCodec, OpusDecoder } from '#src/audio/opus/opus.ts';
import { opusSamples } from '#src/audio/opus/opus-toc.ts';
import { musicRateHz, type Pcm } from '#src/audio/pcm.ts';
import type { Want } from '#src/sources/decode/decoder.ts';
import type { Skip } from '#src/sources/decode/skip.ts';

/** Sound decoded and dropped after a seek, in ms, until the decoder is right (RFC 7845, 4.6). */
const preRollMs = 80;

/** Pre-skip in samples, from the header of an Opus stream (RFC 7845, 5.1). Throws a plain Error for more than two channels. */
export function preSkipOf(head: Buffer): number {
  if (head.length < 19 || head.readUInt8(18) !== 0)
    throw new Error('it has more than two channels');
  return head.readUInt16LE(10);
}

/** Opus packets on their way into sound. */
export class OpusSound {
  readonly #decoder: OpusDecoder;
  readonly #shape: Pick<Pcm, 'channels' | 'rateHz'>;
  readonly #skip: Skip;
  #preSkip: number;

  /** `preSkip` at 48 kHz. */
  constructor(codec: OpusCodec, want: Want, skip: Skip, preSkip: number) {
    const isTrack = want === 'track';
    this.#decoder = isTrack ? codec.stereoDecoder() : codec.decoder(want);
    this.#shape = isTrack ? { rateHz: musicRateHz, channels: 2 } : { rateHz: want, channels: 1 };
    this.#skip = skip;
    this.#preSkip = preSkip;
  }

  /** Nothing for bytes that are not Opus. `keep` cuts the sound behind the end, in samples at 48 kHz. */
  push(packet: Uint8Array, keep = Number.POSITIVE_INFINITY): readonly Pcm[] {
    const samples = opusSamples(packet);
    const cut = Math.min(samples, this.#preSkip);
    this.#preSkip -= cut;
    if (samples === 0 || this.#skip.passes((samples - cut) / 48, preRollMs)) return [];
    const { rateHz, channels } = this.#shape;
    const at = (place: number) => Math.round((place * rateHz) / 48_000) * channels;
    try {
      const all = this.#decoder.decode(packet);
      const sound = all.slice(at(cut), at(Math.max(0, Math.min(samples, keep))));
      return sound.length > 0 ? [{ samples: sound, rateHz, channels }] : [];
    } catch {
      return [];
    }
  }

  free(): void {
    this.#decoder.free();
  }
}
