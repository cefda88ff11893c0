import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { OggOpusPages } from '#src/audio/formats/ogg-page.ts';
import { writeWavHeader } from '#src/audio/formats/wav.ts';
import type { OpusCodec, OpusEncoder } from '#src/audio/opus/opus-codec.ts';
import { speakRateHz } from '#src/audio/pcm.ts';

const mp3BitrateKbits = 64;
const mp3Module = new URL(import.meta.resolve('wasm-media-encoders/wasm/mp3'));

/** Encoders for programs. The MP3 encoder is loaded on first use. */
export class SoundEncoders {
  readonly #codec: OpusCodec;
  #mp3: Promise<WebAssembly.Module> | undefined;

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  /** Opens an encoder for one sound. One that cannot be loaded throws from its `push` and `end`. */
  open(format: SoundFormat): SoundEncoder {
    switch (format) {
      case 'pcm':
        return new PcmEncoder(Buffer.alloc(0));
      case 'wav':
        return new PcmEncoder(writeWavHeader({ rateHz: speakRateHz, channels: 1 }));
      case 'opus':
        return new OggOpusEncoder(this.#codec.createEncoder(speakRateHz));
      case 'flac':
        return openLate(async () => {
          const { FlacEncoder } = await import('./flac-encoder.ts');
          return new FlacEncoder();
        });
      case 'mp3':
        return openLate(() => {
          this.#mp3 ??= readFile(mp3Module).then(
            (wasm) => new WebAssembly.Module(wasm),
          );
          return openMp3(this.#mp3);
        });
    }
  }
}

/** An encoder that is opened while its first sound is awaited. */
function openLate(open: () => Promise<SoundEncoder>): SoundEncoder {
  const opening = open();
  opening.catch(() => undefined); // `push` reports the error.
  return {
    push: async (samples) => (await opening).push(samples),
    end: async () => (await opening).end(),
    close: async () => (await opening).close?.(),
  };
}

/** Writes samples as they are, after the head of their file. */
class PcmEncoder implements SoundEncoder {
  #waitingHead: Buffer;

  constructor(fileHead: Buffer) {
    this.#waitingHead = fileHead;
  }

  /** Returns the samples as little-endian bytes. */
  push({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array {
    return this.#prependHead(Buffer.from(buffer, byteOffset, byteLength));
  }

  /** Returns the head if no sample came, else no bytes. */
  end(): Uint8Array {
    return this.#prependHead(Buffer.alloc(0));
  }

  #prependHead(bytes: Buffer) {
    const headBytes = this.#waitingHead;
    this.#waitingHead = Buffer.alloc(0);
    return headBytes.length > 0 ? Buffer.concat([headBytes, bytes]) : bytes;
  }
}

async function openMp3(compiled: Promise<WebAssembly.Module>): Promise<SoundEncoder> {
  const { createEncoder } = await import('wasm-media-encoders');
  const encoder = await createEncoder('audio/mpeg', await compiled);
  encoder.configure({ channels: 1, sampleRate: speakRateHz, bitrate: mp3BitrateKbits });
  const toLevels = (samples: Int16Array) =>
    Float32Array.from(samples, (sample) => sample / 32_768);
  return {
    // The next call of LAME overwrites the result.
    push: (samples) => encoder.encode([toLevels(samples)]).slice(),
    end: () => encoder.finalize().slice(),
  };
}

/** Delay of libopus at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4.2 */
const preSkipSamples = 312;
/** Granule positions count at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4 */
const granulesPerSample = 48_000 / speakRateHz;
const frameSamples = speakRateHz / 50;
/** One page takes 255 segments, and a packet of 1,275 bytes needs at most 5. */
const maxPageSamples = 50 * frameSamples;

/** Writes Opus into an Ogg file: https://www.rfc-editor.org/rfc/rfc7845.html */
class OggOpusEncoder implements SoundEncoder {
  readonly #encoder: OpusEncoder;
  readonly #pages = new OggOpusPages({ inputRateHz: speakRateHz, preSkipSamples });
  #remainder = new Int16Array(0);
  #pushedSamples = 0;
  #frames = 0;

  constructor(encoder: OpusEncoder) {
    this.#encoder = encoder;
  }

  /** Returns pages of all whole frames so far. */
  push(samples: Int16Array): Uint8Array {
    const sound = new Int16Array(this.#remainder.length + samples.length);
    sound.set(this.#remainder);
    sound.set(samples, this.#remainder.length);
    this.#pushedSamples += samples.length;
    const whole = sound.length - (sound.length % frameSamples);
    this.#remainder = sound.slice(whole);
    const pages = [this.#pages.writeHead()];
    // Each piece completes a page, so that no sound waits for a full page.
    for (let at = 0; at < whole; at += maxPageSamples) {
      const packets = this.#encodePackets(
        sound.subarray(at, Math.min(whole, at + maxPageSamples)),
      );
      const granule = this.#frames * frameSamples * granulesPerSample;
      pages.push(this.#pages.writePage(packets, { granule }));
    }
    return Buffer.concat(pages);
  }

  /** Returns the last page. Silence after the sound flushes the delay of the encoder. */
  end(): Uint8Array {
    const granule = preSkipSamples + this.#pushedSamples * granulesPerSample;
    const missing =
      Math.ceil(granule / granulesPerSample) - this.#frames * frameSamples;
    const tail = new Int16Array(
      Math.max(1, Math.ceil(missing / frameSamples)) * frameSamples,
    );
    tail.set(this.#remainder);
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

/** Encodes mono sound at `speakRateHz`, in pieces of any length, for programs. */
export interface SoundEncoder {
  /** Returns the bytes that the samples complete, perhaps none. A caller awaits the bytes before the next call. */
  push(samples: Int16Array): Uint8Array | Promise<Uint8Array>;
  /** Returns the last bytes. No samples may follow. */
  end(): Uint8Array | Promise<Uint8Array>;
  /** Frees what the encoder holds, at the end and before it. Absent where it holds nothing. */
  close?(): Promise<void>;
}

/** Frames of sound for channels leave between two steps. */
const maxStepSamples = speakRateHz / 10;

/**
 * Encodes a long sound in steps that leave the event loop free.
 *
 * @example
 * import { encodeInSteps } from '#src/audio/encode/sound-encoders.ts';
 *
 * const encoder = { push: (samples: Int16Array) => new Uint8Array(samples.length), end: () => new Uint8Array(0) };
 * const pieces = await Array.fromAsync(encodeInSteps(encoder, new Int16Array(3_000)));
 * pieces.map(({ length }) => length); // [2400, 600]
 */
export async function* encodeInSteps(
  encoder: SoundEncoder,
  samples: Int16Array,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < samples.length; at += maxStepSamples) {
    yield await encoder.push(samples.subarray(at, at + maxStepSamples));
    await setImmediate();
  }
}

export const soundFormats = ['mp3', 'opus', 'flac', 'wav', 'pcm'] as const;
export type SoundFormat = (typeof soundFormats)[number];
