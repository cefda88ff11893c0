import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';

/** Signed 16-bit samples as their bytes, lowest first; a piece may end within a sample. */
export type Bytes = Uint8Array;

/** Format of bytes. */
export type PcmFormat = { readonly rateHz: number; readonly channels: 1 | 2 };

const pieceMs = 100;

/** A sound that is all there; may be played again and again. */
export function fromPcm(title: string, pcm: Pcm): SoundSource {
  const { samples, rateHz, channels } = pcm;
  const at = (ms: number) => Math.floor((ms * rateHz) / 1000) * channels;
  return {
    title,
    lengthMs: durationMs(pcm),
    seekable: true,
    async *open(fromMs, signal) {
      for (let from = at(fromMs); from < samples.length; from += at(pieceMs)) {
        signal.throwIfAborted();
        const piece = samples.subarray(from, from + at(pieceMs));
        yield { kind: 'pcm', pcm: { samples: piece, rateHz, channels } };
      }
    },
  };
}

/**
 * Sound that a program makes piece by piece: bytes, or sound that tells its own form. It comes only once.
 *
 * Of bytes that end within a sample the last one is dropped.
 */
export function fromIterable(
  title: string,
  pieces: Iterable<Bytes | Pcm> | AsyncIterable<Bytes | Pcm>,
  format: PcmFormat,
): SoundSource {
  return {
    title,
    seekable: false,
    async *open(_fromMs, signal) {
      const words = new SampleBytes();
      for await (const piece of pieces) {
        signal.throwIfAborted();
        const pcm = 'samples' in piece ? piece : { samples: words.push(piece), ...format };
        if (pcm.samples.length > 0) yield { kind: 'pcm', pcm } satisfies SoundChunk;
      }
    },
  };
}

/** Bytes to samples; half a sample waits for its other byte. */
class SampleBytes {
  #odd: number | undefined;

  push(bytes: Uint8Array): Int16Array {
    const held = this.#odd === undefined ? 0 : 1;
    const all = new Uint8Array(held + bytes.length);
    if (this.#odd !== undefined) all[0] = this.#odd;
    all.set(bytes, held);
    this.#odd = all.length % 2 === 1 ? all.at(-1) : undefined;
    const view = new DataView(all.buffer);
    return Int16Array.from({ length: all.length >> 1 }, (_, n) => view.getInt16(2 * n, true));
  }
}
