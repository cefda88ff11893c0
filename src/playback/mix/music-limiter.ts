import { bend, full } from './gain.ts';

/** Peaks stay below: -0.45 dB, so that Opus may overshoot a little. */
const ceiling = 0.95;
/** Largest rise of the gain in a frame, as a factor: 3 dB in 100 ms. */
const release = 1.0725;

/**
 * Brings 20 ms of mixed music back into 16 bits: turns it down within the frame of a peak and slowly up again.
 *
 * It delays nothing; the excess of a peak that comes before the gain has fallen is bent.
 */
export class MusicLimiter {
  #gain = 1;

  limit(sum: Float32Array): Int16Array {
    const from = this.#gain;
    this.#gain = Math.min(1, from * release, (ceiling * full) / peakOf(sum));
    const rise = (this.#gain - from) / sum.length;
    const samples = new Int16Array(sum.length);
    for (let n = 0; n < sum.length; n++) {
      const level = ((sum[n] ?? 0) / full) * (from + n * rise);
      samples[n] = Math.round(bend(level, ceiling) * full);
    }
    return samples;
  }
}

/** The largest sample; 1 at least. */
function peakOf(sum: Float32Array): number {
  let most = 1;
  for (let n = 0; n < sum.length; n++) most = Math.max(most, Math.abs(sum[n] ?? 0));
  return most;
}
