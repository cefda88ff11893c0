import { readFile } from 'node:fs/promises';
import { writeWavHeader } from '#src/audio/formats/wav.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { createOggOpusEncoder } from './ogg-opus-encoder.ts';
import type { SoundEncoder, SoundFormat } from './sound-encoder.ts';

const mp3BitrateKbits = 64;
const mp3Module = new URL(import.meta.resolve('wasm-media-encoders/wasm/mp3'));

/** Encoders for programs. The MP3 encoder is loaded on first use. */
export class SoundEncoders {
  readonly #codec;
  #mp3: Promise<WebAssembly.Module> | undefined;

  constructor(codec: OpusCodec) {
    this.#codec = codec;
  }

  open(format: SoundFormat): SoundEncoder {
    switch (format) {
      case 'pcm':
        return createPcmEncoder();
      case 'wav':
        return createPcmEncoder(writeWavHeader({ rateHz: speakRateHz, channels: 1 }));
      case 'opus':
        return createOggOpusEncoder(this.#codec.createEncoder(speakRateHz));
      case 'mp3':
        this.#mp3 ??= readFile(mp3Module).then((wasm) => new WebAssembly.Module(wasm));
        return createMp3Encoder(this.#mp3);
    }
  }
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
