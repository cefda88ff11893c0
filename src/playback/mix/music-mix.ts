import type { Frame } from '#src/audio/frame.ts';
import type { FrameEncoders } from './frame-encoders.ts';
import { MusicLimiter } from './music-limiter.ts';
import { frameSamples } from './track.ts';
import type { Music } from './track-mix.ts';
import { WideSpeech } from './wide-speech.ts';

/** Named tracks as the mixer sees them. */
export interface MusicSource {
  /** The next 20 ms of all of them, or undefined while they are silent. */
  pull(isSpeaking: boolean): Music | undefined;
  /** A `pull` would move something on, whether or not it can be heard. */
  readonly isMoving: boolean;
  /** Replaces the former listener, called whenever `pull` may have something again. */
  onSound(listener: () => void): void;
}

/** A frame, and its audible sound, mono at the speaking rate. */
export type MixedFrame = { readonly frame: Frame; readonly heard: () => Int16Array };

/** Frames without music after which speech goes out as it does without; and of a lone source of packets, before they do. */
const patience = 10;
/** Frames that an encoder gets of packets from elsewhere. */
const silenceFrames = 3;

/** Speech and music as one stream: mono while only speech sounds, stereo else, whole packets where nothing is changed. */
export class MusicMix {
  readonly #tracks: MusicSource;
  readonly #encoders: FrameEncoders;
  readonly #limiter = new MusicLimiter();
  readonly #speech = new WideSpeech();
  #isWide = false;
  /** Frames since there was music. */
  #without = 0;
  /** Frames in which a packet might have gone out. */
  #lone = 0;
  /** The latest frames that went out as packets. */
  #passed: readonly Int16Array[] = [];

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
    this.#without = music ? 0 : this.#without + 1;
    if (!music && !speech) return this.#rest();
    if (music || (this.#isWide && this.#without < patience)) return this.#wide(speech, music);
    return speech && this.#narrow(speech);
  }

  #rest(): undefined {
    this.#speech.forget();
    this.#isWide = false;
    this.#lone = 0;
  }

  #narrow(speech: Int16Array): MixedFrame {
    const { samples, before } = this.#isWide
      ? this.#speech.narrow(speech)
      : { samples: this.#speech.keep(speech), before: [] };
    this.#isWide = false;
    this.#lone = 0;
    return { frame: this.#encoders.mono(samples, () => before), heard: () => samples };
  }

  #wide(speech: Int16Array | undefined, music: Music | undefined): MixedFrame {
    const isFirst = !this.#isWide;
    this.#isWide = true;
    const wide = this.#speech.widen(speech);
    const sum = music?.sum ?? new Float32Array(4 * frameSamples);
    if (wide) addToBoth(sum, wide);
    const samples = this.#limiter.limit(sum);
    const heard = () => narrowed(samples);
    const packet = speech ? undefined : music?.packet;
    this.#lone = packet ? this.#lone + 1 : 0;
    if (packet && this.#lone > patience) {
      this.#passed = [...this.#passed, samples].slice(-silenceFrames);
      return { frame: this.#encoders.packet(packet), heard };
    }
    const before = () => (isFirst ? this.#speech.before() : this.#passed);
    return { frame: this.#encoders.stereo(samples, before), heard };
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
