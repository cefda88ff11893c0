import { Spectrum } from './spectrum.ts';

/** Samples at 16 kHz that one measurement looks at: 16 ms. */
export const bandSamples = 256;

/** Bins of 62.5 Hz where the bands begin, and where the last one ends: 125 Hz to 5.5 kHz, as wide as the ear's. */
const edges = [2, 5, 8, 11, 15, 20, 27, 36, 48, 64, 88];
export const bandCount = edges.length - 1;
/** Quieter than this is silence. */
export const silenceDb = -100;

const bins = bandSamples / 2 + 1;
/** Power of a sine at full scale under a Hann window, all its bins together. */
const fullScale = 1.5 * (bandSamples / 4) ** 2;

/** Measures the loudness of 16 ms in each of ten bands. */
export class Bands {
  readonly #spectrum = new Spectrum(hann());
  readonly #samples = new Float64Array(bandSamples);
  readonly #magnitudes = new Float64Array(bins);

  /** Reads 256 samples, each -1..1, from `at`, and writes decibels below full scale from `to`. */
  measure(samples: Float32Array, at: number, into: Float32Array, to: number): void {
    for (let n = 0; n < bandSamples; n++) this.#samples[n] = samples[at + n] ?? 0;
    this.#spectrum.magnitudes(this.#samples, 0, this.#magnitudes, 0);
    for (let band = 0; band < bandCount; band++) into[to + band] = this.#loudness(band);
  }

  #loudness(band: number): number {
    let power = 0;
    for (let bin = edges[band] ?? 0; bin < (edges[band + 1] ?? 0); bin++) {
      power += (this.#magnitudes[bin] ?? 0) ** 2;
    }
    return Math.max(silenceDb, 10 * Math.log10(power / fullScale));
  }
}

function hann(): Float64Array {
  const step = (2 * Math.PI) / bandSamples;
  return Float64Array.from({ length: bandSamples }, (_, n) => 0.5 - 0.5 * Math.cos(step * n));
}
