import { readFile } from 'node:fs/promises';
import { writeWavHeader } from '#src/audio/formats/wav.ts';
import type { OpusCodec, OpusEncoder } from '#src/audio/opus/opus-codec.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { createOggOpusPages } from './ogg-opus-pages.ts';
import type { SoundEncoder, SoundFormat } from './sound-encoder.ts';

const mp3BitrateKbits = 64;
const mp3Module = new URL(import.meta.resolve('wasm-media-encoders/wasm/mp3'));

export type SoundEncoders = ReturnType<typeof createSoundEncoders>;

/** Encoders for programs. The MP3 encoder is loaded on first use. */
export function createSoundEncoders(codec: OpusCodec) {
  let mp3: Promise<WebAssembly.Module> | undefined;

  return {
    open(format: SoundFormat): SoundEncoder {
      switch (format) {
        case 'pcm':
          return createPcmEncoder();
        case 'wav':
          return createPcmEncoder(writeWavHeader({ rateHz: speakRateHz, channels: 1 }));
        case 'opus':
          return createOggOpusEncoder(codec.createEncoder(speakRateHz));
        case 'mp3':
          mp3 ??= readFile(mp3Module).then((wasm) => new WebAssembly.Module(wasm));
          return createMp3Encoder(mp3);
      }
    },
  };
}

function createPcmEncoder(head: Buffer = Buffer.alloc(0)): SoundEncoder {
  let before = head;
  const prependHead = (bytes: Buffer) => {
    const all = before.length > 0 ? Buffer.concat([before, bytes]) : bytes;
    before = Buffer.alloc(0);
    return all;
  };
  return {
    push: ({ buffer, byteOffset, byteLength }) =>
      prependHead(Buffer.from(buffer, byteOffset, byteLength)),
    end: () => prependHead(Buffer.alloc(0)),
  };
}

function createMp3Encoder(compiled: Promise<WebAssembly.Module>): SoundEncoder {
  const opening = openMp3(compiled);
  opening.catch(() => undefined); // `push` reports the error.
  return {
    async push(samples) {
      const encoder = await opening;
      // The next call of LAME overwrites the result.
      return encoder
        .encode([Float32Array.from(samples, (one) => one / 32_768)])
        .slice();
    },
    async end() {
      const encoder = await opening;
      return encoder.finalize().slice();
    },
  };
}

async function openMp3(compiled: Promise<WebAssembly.Module>) {
  const { createEncoder } = await import('wasm-media-encoders');
  const encoder = await createEncoder('audio/mpeg', await compiled);
  encoder.configure({ channels: 1, sampleRate: speakRateHz, bitrate: mp3BitrateKbits });
  return encoder;
}

/** Delay of libopus at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4.2 */
const preSkipSamples = 312;
/** Granule positions count at 48 kHz: https://www.rfc-editor.org/rfc/rfc7845.html#section-4 */
const granulesPerSample = 48_000 / speakRateHz;
const frameSamples = speakRateHz / 50;
/** One page takes 255 segments, and a packet of 1,275 bytes needs at most 5. */
const maxPageSamples = 50 * frameSamples;

/** Writes Opus into an Ogg file: https://www.rfc-editor.org/rfc/rfc7845.html */
function createOggOpusEncoder(encoder: OpusEncoder) {
  const oggPages = createOggOpusPages({ inputRateHz: speakRateHz, preSkipSamples });
  let rest = new Int16Array(0);
  let pushedSamples = 0;
  let frames = 0;

  function encodePackets(samples: Int16Array): readonly Uint8Array[] {
    const count = samples.length / frameSamples;
    frames += count;
    return Array.from({ length: count }, (_, n) =>
      encoder.encode(samples.subarray(n * frameSamples, (n + 1) * frameSamples)),
    );
  }

  return {
    push(samples: Int16Array): Uint8Array {
      const sound = new Int16Array(rest.length + samples.length);
      sound.set(rest);
      sound.set(samples, rest.length);
      pushedSamples += samples.length;
      const whole = sound.length - (sound.length % frameSamples);
      rest = sound.slice(whole);
      const pages = [oggPages.writeHead()];
      // Each piece completes a page, so that no sound waits for a full page.
      for (let at = 0; at < whole; at += maxPageSamples) {
        const packets = encodePackets(
          sound.subarray(at, Math.min(whole, at + maxPageSamples)),
        );
        pages.push(
          oggPages.writePage(packets, {
            granule: frames * frameSamples * granulesPerSample,
          }),
        );
      }
      return Buffer.concat(pages);
    },

    end(): Uint8Array {
      // Silence after the sound flushes the delay of the encoder.
      const granule = preSkipSamples + pushedSamples * granulesPerSample;
      const missing = Math.ceil(granule / granulesPerSample) - frames * frameSamples;
      const tail = new Int16Array(
        Math.max(1, Math.ceil(missing / frameSamples)) * frameSamples,
      );
      tail.set(rest);
      const packets = encodePackets(tail);
      return Buffer.concat([
        oggPages.writeHead(),
        oggPages.writePage(packets, { granule, isLast: true }),
      ]);
    },
  };
}
