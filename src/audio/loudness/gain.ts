import { musicFrame } from '#src/audio/pcm.ts';

/** Highest 16-bit sample. */
export const fullScale = 32_767;
/** Softer sound passes unchanged: -0.9 dB. */
const kneeLevel = 0.9;

/** Bends a level above `from` smoothly towards 1, which is full scale. */
export function softLimit(level: number, from: number = kneeLevel): number {
  const loud = Math.abs(level) - from;
  if (loud <= 0) return level;
  return Math.sign(level) * (from + (1 - from) * Math.tanh(loud / (1 - from)));
}

/** Converts dB to a factor. */
export function toGain(db: number): number {
  return 10 ** (db / 20);
}

/** Gain that glides to a new value, since a step would click. */
export class Gain {
  #from: number;
  #goal: number;
  /** Length of the glide, and the part that has passed, in samples of one channel. */
  #over = 0;
  #done = 0;

  constructor(gain: number = 1) {
    this.#from = gain;
    this.#goal = gain;
  }

  /** The gain as a factor. Undefined during a glide. */
  get steadyGain(): number | undefined {
    return this.#done >= this.#over ? this.#goal : undefined;
  }

  /** The gain now as a factor, also during a glide. */
  get value(): number {
    if (this.#done >= this.#over) return this.#goal;
    const share = this.#done / this.#over;
    // By smoothstep the glide has no corner.
    return this.#from + (this.#goal - this.#from) * share * share * (3 - 2 * share);
  }

  /** Glides to `gain` within `overSamples` of one channel. 0 sets it at once. */
  rampTo(gain: number, overSamples: number): void {
    this.#from = overSamples > 0 ? this.value : gain;
    this.#goal = gain;
    this.#over = overSamples;
    this.#done = 0;
  }

  /** Glides to a volume in percent, unless the gain is already on its way there. */
  followPercent(percent: number, overSamples: number): void {
    if (percent / 100 !== this.#goal) this.rampTo(percent / 100, overSamples);
  }

  /** Applies the gain in place. Without sound, the glide advances by 20 ms. */
  applyToStereo(sound: Float32Array | undefined): void {
    const { steadyGain } = this;
    if (!sound) this.#done = Math.min(this.#over, this.#done + musicFrame);
    if (!sound || steadyGain === 1) return;
    for (let n = 0; n < sound.length; n += 2) {
      const gain = steadyGain ?? this.#getNextGain();
      sound[n] = (sound[n] ?? 0) * gain;
      sound[n + 1] = (sound[n + 1] ?? 0) * gain;
    }
  }

  /** Applies the gain in place. Peaks above full scale are bent, never wrapped. */
  applyToMono(samples: Int16Array): void {
    if (this.steadyGain === 1) return;
    for (let n = 0; n < samples.length; n++) {
      const gain = this.#getNextGain();
      const loud = (samples[n] ?? 0) * gain;
      samples[n] = Math.round(
        gain > 1 ? softLimit(loud / fullScale) * fullScale : loud,
      );
    }
  }

  #getNextGain() {
    const gain = this.value;
    if (this.#done < this.#over) this.#done++;
    return gain;
  }
}
