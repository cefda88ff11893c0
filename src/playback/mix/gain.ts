import { musicRateHz } from '#src/audio/pcm.ts';

/** The largest sample. */
export const fullScale = 32_767;
/** Level below which sound passes untouched: -0.9 dB. */
const kneeLevel = 0.9;

/** One sample, of which 1 is full scale; below `from` it stays as it is. */
export function softLimit(level: number, from = kneeLevel): number {
  const loud = Math.abs(level) - from;
  if (loud <= 0) return level;
  return Math.sign(level) * (from + (1 - from) * Math.tanh(loud / (1 - from)));
}

/** Factor of amplitude for a gain in dB. */
export function toGain(db: number): number {
  return 10 ** (db / 20);
}

/** A volume that glides: a step would click. */
export class Gain {
  #from;
  #goal;
  /** Samples of one channel in the glide, and how many of them are done. */
  #over = 0;
  #done = 0;

  constructor(gain = 1) {
    this.#from = gain;
    this.#goal = gain;
  }

  /** The gain while it does not move. */
  get steady(): number | undefined {
    return this.#done >= this.#over ? this.#goal : undefined;
  }

  /** Glides to `gain` from wherever it is; at once with 0 samples. */
  rampTo(gain: number, overSamples: number): void {
    this.#from = overSamples > 0 ? this.#getGain() : gain;
    this.#goal = gain;
    this.#over = overSamples;
    this.#done = 0;
  }

  /** Glides to a volume in percent, unless it is there or on its way. */
  followPercent(percent: number, overSamples: number): void {
    if (percent / 100 !== this.#goal) this.rampTo(percent / 100, overSamples);
  }

  /** Applies the gain in place to two channels of floats alike; where there is no sound, 20 ms go by. */
  applyToStereo(sound: Float32Array | undefined): void {
    const { steady } = this;
    if (!sound) this.#done = Math.min(this.#over, this.#done + musicFrame);
    if (!sound || steady === 1) return;
    for (let n = 0; n < sound.length; n += 2) {
      const gain = steady ?? this.#getNextGain();
      sound[n] = (sound[n] ?? 0) * gain;
      sound[n + 1] = (sound[n + 1] ?? 0) * gain;
    }
  }

  /** Applies the gain in place to one channel of 16 bits. Peaks above full scale are bent, never wrapped. */
  applyToMono(samples: Int16Array): void {
    if (this.steady === 1) return;
    for (let n = 0; n < samples.length; n++) {
      const loud = (samples[n] ?? 0) * this.#getNextGain();
      samples[n] = Math.round(
        this.#goal > 1 ? softLimit(loud / fullScale) * fullScale : loud,
      );
    }
  }

  #getNextGain() {
    const gain = this.#getGain();
    if (this.#done < this.#over) this.#done++;
    return gain;
  }

  /** Starts and ends level, so the glide itself has no corner. */
  #getGain() {
    if (this.#done >= this.#over) return this.#goal;
    const share = this.#done / this.#over;
    return this.#from + (this.#goal - this.#from) * share * share * (3 - 2 * share);
  }
}

/**
 * Loudness to which sounds of the library are levelled, in LUFS: 6 LU above the standard of broadcasters, about that of
 * synthesizers, and far enough below full scale for peaks of music.
 */
export const targetLufs = -20;

/** Limits of the gain, in dB, up and down: very quiet sound is quiet on purpose, and no sound needs less gain. */
const mostUpDb = 12;
const mostDownDb = 24;

/** Gain that brings a sound of this loudness to that of all; a link or attachment, which nobody has measured, stays as it is. */
export function levellingGain(lufs: number | undefined): number {
  if (lufs === undefined) return 1;
  return toGain(Math.max(-mostDownDb, Math.min(mostUpDb, targetLufs - lufs)));
}

/** Samples of one channel in a millisecond, and in a frame of 20 ms. */
export const musicPerMs = musicRateHz / 1000;
export const musicFrame = 20 * musicPerMs;

/** Length of a ramp that keeps a change from clicking. */
export const rampSamples = 5 * musicPerMs;
