import type { Frame } from '#src/audio/frame.ts';
import type { FrameEncoders } from './frame-encoders.ts';
import { MusicLimiter } from './music-limiter.ts';
import { frameSamples } from './track.ts';
import { WideSpeech } from './wide-speech.ts';

/** Named tracks as the mixer sees them. */
export interface MusicSource {
  /** The next 20 ms of all of them, or undefined while they are silent. */
  pull(isSpeaking: boolean): Float32Array | undefined;
  /** A `pull` would move something on, whether or not it can be heard. */
  readonly isMoving: boolean;
  /** Replaces the former listener, called whenever `pull` may have something again. */
  onSound(listener: () => void): void;
}

/** A frame, and its audible sound, mono at the speaking rate. */
export type MixedFrame = { readonly frame: Frame; readonly heard: () => Int16Array };

/** Speech and music as one stream: mono while only speech sounds, stereo from the first music to the next silence. */
export class MusicMix {
  readonly #tracks: MusicSource;
  readonly #encoders: FrameEncoders;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  #isWide = false;

  constructor(tracks: MusicSource, encoders: FrameEncoders) {
    this.#tracks = tracks;
    this.#encoders = encoders;
  }

  get isMoving(): boolean {
    return this.#tracks.isMoving;
  }

  /** The next frame, or undefined where there is no sound. */
  next(speech: Int16Array | undefined, isSpeaking: boolean): MixedFrame | undefined {
    const music = this.#tracks.pull(isSpeaking);
    if (!music && !speech) {
      this.#speech.forget();
      this.#isWide = false;
      return undefined;
    }
    if (music || this.#isWide) return this.#wide(speech, music);
    return speech && this.#narrow(speech);
  }

  #narrow(speech: Int16Array): MixedFrame {
    this.#speech.keep(speech);
    return { frame: this.#encoders.mono(speech), heard: () => speech };
  }

  #wide(speech: Int16Array | undefined, music: Float32Array | undefined): MixedFrame {
    const isFirst = !this.#isWide;
    this.#isWide = true;
    const wide = this.#speech.widen(speech);
    const sum = music ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limit(sum);
    const before = isFirst ? () => this.#speech.before() : undefined;
    return { frame: this.#encoders.stereo(samples, before), heard: () => narrowed(samples) };
  }
}

function addToBoth(sum: Float32Array, one: Int16Array): void {
  for (let n = 0; n < one.length; n++) {
    sum[2 * n] = (sum[2 * n] ?? 0) + (one[n] ?? 0);
    sum[2 * n + 1] = (sum[2 * n + 1] ?? 0) + (one[n] ?? 0);
  }
}

/** Half the rate, one channel: good enough to know an echo by. */
function narrowed(samples: Int16Array): Int16Array {
  const narrow = new Int16Array(frameSamples);
  for (let n = 0, at = 0; n < frameSamples; n++, at += 4) {
    const first = (samples[at] ?? 0) + (samples[at + 1] ?? 0);
    const second = (samples[at + 2] ?? 0) + (samples[at + 3] ?? 0);
    narrow[n] = (first + second) / 4;
  }
  return narrow;
}
