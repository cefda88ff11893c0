/** Largest sample of a voice: -1 dBFS, since Opus may overshoot. */
const ceiling = 29_200;
/** Largest rise of the gain from one sample to the next: 3 dB in 100 ms. */
const release = 1.000_146;

/** Keeps a voice below -1 dBFS: its gain falls with a peak, at once, and rises slowly. */
export class VoiceLimiter {
  #gain = 1;

  /** Limits the next samples, in place. */
  limit(samples: Int16Array): void {
    for (let at = 0; at < samples.length; at++) {
      const sample = samples[at] ?? 0;
      this.#gain = Math.min(1, this.#gain * release, ceiling / Math.abs(sample));
      samples[at] = sample * this.#gain;
    }
  }
}
