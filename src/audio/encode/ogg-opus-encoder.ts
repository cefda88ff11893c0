import type { OpusEncoder } from '#src/audio/opus/opus-codec.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { createOggOpusPages } from './ogg-opus-pages.ts';
import type { SoundEncoder } from './sound-encoder.ts';

/** Delay of libopus at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4.2 */
const preSkipSamples = 312;
/** Granule positions count at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4 */
const granulesPerSample = 48_000 / speakRateHz;
const frameSamples = speakRateHz / 50;
/** One page takes 255 segments, and a packet of 1,275 bytes needs at most 5. */
const maxPageSamples = 50 * frameSamples;

/**
 * Writes Opus into an Ogg file: https://www.rfc-editor.org/rfc/rfc7845.html
 *
 * Each piece completes a page, so that no sound waits for a full page.
 */
export class OggOpusEncoder implements SoundEncoder {
  readonly #encoder;
  readonly #pages = createOggOpusPages({ inputRateHz: speakRateHz, preSkipSamples });
  #rest = new Int16Array(0);
  #samples = 0;
  #frames = 0;

  constructor(encoder: OpusEncoder) {
    this.#encoder = encoder;
  }

  push(samples: Int16Array): Uint8Array {
    const sound = new Int16Array(this.#rest.length + samples.length);
    sound.set(this.#rest);
    sound.set(samples, this.#rest.length);
    this.#samples += samples.length;
    const whole = sound.length - (sound.length % frameSamples);
    this.#rest = sound.slice(whole);
    const pages = [this.#pages.writeHead()];
    for (let at = 0; at < whole; at += maxPageSamples) {
      const packets = this.#encodePackets(
        sound.subarray(at, Math.min(whole, at + maxPageSamples)),
      );
      pages.push(
        this.#pages.writePage(packets, {
          granule: this.#frames * frameSamples * granulesPerSample,
        }),
      );
    }
    return Buffer.concat(pages);
  }

  end(): Uint8Array {
    // Silence after the sound flushes the delay of the encoder.
    const granule = preSkipSamples + this.#samples * granulesPerSample;
    const missing =
      Math.ceil(granule / granulesPerSample) - this.#frames * frameSamples;
    const tail = new Int16Array(
      Math.max(1, Math.ceil(missing / frameSamples)) * frameSamples,
    );
    tail.set(this.#rest);
    const packets = this.#encodePackets(tail);
    return Buffer.concat([
      this.#pages.writeHead(),
      this.#pages.writePage(packets, { granule, isLast: true }),
    ]);
  }

  #encodePackets(samples: Int16Array): readonly Uint8Array[] {
    const count = samples.length / frameSamples;
    this.#frames += count;
    return Array.from({ length: count }, (_, n) =>
      this.#encoder.encode(samples.subarray(n * frameSamples, (n + 1) * frameSamples)),
    );
  }
}
