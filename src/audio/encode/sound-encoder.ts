import { setImmediate } from 'node:timers/promises';
import { speakRateHz } from '#src/audio/pcm.ts';

/** Sound as it is sent to programs, in pieces of any length: mono at `speakRateHz` in, bytes of one format out. Has state. */
export interface SoundEncoder extends Disposable {
  /** Bytes that are ready, maybe none; to be awaited before the next call. Errors: BotError `audio.encoder_failed`. */
  push(samples: Int16Array): Uint8Array | Promise<Uint8Array>;
  /** Encodes the samples held back. Errors: as `push`. */
  end(): Uint8Array | Promise<Uint8Array>;
}

/** Sound that is encoded at once, in samples: frames of sound for channels leave between two pieces. */
const stepSamples = speakRateHz / 10;

/** Bytes of a sound of any length, maybe none for a piece of it. Errors: as `SoundEncoder.push`. */
export async function* encodedInSteps(
  encoder: SoundEncoder,
  samples: Int16Array,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < samples.length; at += stepSamples) {
    yield await encoder.push(samples.subarray(at, at + stepSamples));
    await setImmediate();
  }
}

export const soundFormats = ['mp3', 'opus', 'flac', 'wav', 'pcm'] as const;
export type SoundFormat = (typeof soundFormats)[number];

/** Formats that are encoded in a thread. */
export type ThreadedFormat = Extract<SoundFormat, 'mp3' | 'flac'>;

/** Messages to the thread of encoders; answers come in order. */
export type ToEncoders =
  | { readonly kind: 'open'; readonly id: number; readonly format: ThreadedFormat }
  | { readonly kind: 'push'; readonly id: number; readonly samples: Int16Array }
  | { readonly kind: 'end'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number };

/** Answer to each `push` and `end`. */
export type FromEncoders =
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
