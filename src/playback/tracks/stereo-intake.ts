import type { OpusDecoder } from '#src/audio/opus/opus.ts';
import { opusMode } from '#src/audio/opus/opus-toc.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk } from '#src/audio/sound-source.ts';
import { StereoRate } from '#src/audio/stereo-rate.ts';
import { musicFrame, musicPerMs } from '#src/playback/mix/stereo.ts';

/** Sound of two channels at 48 kHz, and the packet that it is, where another encoder's may go out in place of ours. */
export type TakenSound = { readonly samples: Int16Array; readonly packet?: Uint8Array };

/** Samples after the first packet of a mode until decoding hardly depends on earlier packets any more. */
const settling = 300 * musicPerMs;

/** Turns chunks of sources into the samples and packets of tracks. */
export class StereoIntake {
  readonly #open: () => OpusDecoder;
  readonly #rate = new StereoRate();
  #decoder: OpusDecoder | undefined;
  /** Samples of packets in a row that may go out, as those of speech may not: a change of mode needs one encoder. */
  #decoded = 0;

  /** `open` gives a decoder at 48 kHz stereo. */
  constructor(open: () => OpusDecoder) {
    this.#open = open;
  }

  /** Converts a chunk in pieces of at most 100 ms. A payload that is not Opus throws. */
  *accept(chunk: SoundChunk): Generator<TakenSound> {
    if (chunk.kind === 'opus') yield this.#decode(chunk.packet);
    else for (const pcm of portions(chunk.pcm)) yield* this.#rate.push(pcm).map(plain);
  }

  /** Gives the samples held back at the end of a reading. The next one begins as if it were the first. */
  flush(): TakenSound {
    this.free();
    return plain(this.#rate.flush());
  }

  free(): void {
    this.#decoder?.free();
    this.#decoder = undefined;
    this.#decoded = 0;
  }

  #decode(packet: Uint8Array): TakenSound {
    this.#decoder ??= this.#open();
    const samples = this.#decoder.decode(packet);
    if (opusMode(packet) !== 'celt') this.#decoded = 0;
    else this.#decoded += samples.length / 2;
    const isFit = samples.length === 2 * musicFrame && this.#decoded > settling;
    return isFit ? { samples, packet } : { samples };
  }
}

function plain(samples: Int16Array): TakenSound {
  return { samples };
}

function* portions({ samples, rateHz, channels }: Pcm): Generator<Pcm> {
  const length = Math.max(1, Math.floor(rateHz / 10)) * channels;
  for (let at = 0; at < samples.length; at += length) {
    yield { samples: samples.subarray(at, at + length), rateHz, channels };
  }
}
