import { setImmediate } from 'node:timers/promises';
import { speakRateHz } from '#src/audio/pcm.ts';

/** Sound as it is sent to programs, in pieces of any length: mono at `speakRateHz` in, bytes of one format out. Has state. */
export interface SoundEncoder {
  /** Bytes that are ready, maybe none; to be awaited before the next call. */
  push(samples: Int16Array): Uint8Array | Promise<Uint8Array>;
  /** Encodes the samples held back. */
  end(): Uint8Array | Promise<Uint8Array>;
}

/** Sound that is encoded at once, in samples: frames of sound for channels leave between two pieces. */
const stepSamples = speakRateHz / 10;

/** Bytes of a sound of any length, maybe none for a piece of it. */
export async function* encodedInSteps(
  encoder: SoundEncoder,
  samples: Int16Array,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < samples.length; at += stepSamples) {
    yield await encoder.push(samples.subarray(at, at + stepSamples));
    await setImmediate();
  }
}

export const soundFormats = ['mp3', 'opus', 'wav', 'pcm'] as const;
export type SoundFormat = (typeof soundFormats)[number];
