import { readFile } from 'node:fs/promises';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { wavHeader } from '#src/audio/wav.ts';
import { OggOpus } from './ogg-opus.ts';
import type { SoundEncoder, SoundFormat } from './sound-encoder.ts';

const mp3Kbits = 64;
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
        return plain();
      case 'wav':
        return plain(wavHeader({ rateHz: speakRateHz, channels: 1 }));
      case 'opus':
        return new OggOpus(this.#codec.encoder(speakRateHz));
      case 'mp3':
        this.#mp3 ??= readFile(mp3Module).then((wasm) => new WebAssembly.Module(wasm));
        return mp3(this.#mp3);
    }
  }
}

function plain(head: Buffer = Buffer.alloc(0)): SoundEncoder {
  let before = head;
  const withHead = (bytes: Buffer) => {
    const all = before.length > 0 ? Buffer.concat([before, bytes]) : bytes;
    before = Buffer.alloc(0);
    return all;
  };
  return {
    push: ({ buffer, byteOffset, byteLength }) =>
      withHead(Buffer.from(buffer, byteOffset, byteLength)),
    end: () => withHead(Buffer.alloc(0)),
  };
}

function mp3(compiled: Promise<WebAssembly.Module>): SoundEncoder {
  const opening = openMp3(compiled);
  opening.catch(() => undefined); // `push` reports the error.
  return {
    async push(samples) {
      const encoder = await opening;
      // The next call of LAME overwrites the result.
      return encoder.encode([Float32Array.from(samples, (one) => one / 32_768)]).slice();
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
  encoder.configure({ channels: 1, sampleRate: speakRateHz, bitrate: mp3Kbits });
  return encoder;
}
