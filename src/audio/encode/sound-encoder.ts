import { setImmediate } from 'node:timers/promises';
import { speakRateHz } from '#src/audio/pcm.ts';

/** Encodes mono sound at `speakRateHz`, in pieces of any length, for programs. */
export interface SoundEncoder {
  /** Returns the bytes that the samples complete, perhaps none. A caller awaits the bytes before the next call. */
  push(samples: Int16Array): Uint8Array | Promise<Uint8Array>;
  /** Returns the last bytes. No samples may follow. */
  end(): Uint8Array | Promise<Uint8Array>;
}

/** Frames of sound for channels leave between two steps. */
const maxStepSamples = speakRateHz / 10;

/**
 * Encodes a long sound in steps that leave the event loop free.
 *
 * @example
 * import { encodeInSteps } from '#src/audio/encode/sound-encoder.ts';
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

export const soundFormats = ['mp3', 'opus', 'wav', 'pcm'] as const;
export type SoundFormat = (typeof soundFormats)[number];
