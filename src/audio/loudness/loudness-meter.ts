/** Coefficients at 48 kHz, tables 1 and 2 of ITU-R BS.1770-5: https://www.itu.int/rec/R-REC-BS.1770 */
const headFilter = {
  b: [1.53512485958697, -2.69169618940638, 1.19839281085285],
  a: [-1.69065929318241, 0.73248077421585],
} as const;
const lowCutFilter = {
  b: [1, -2, 1],
  a: [-1.99004745483398, 0.99007225036621],
} as const;

/** Blocks of 400 ms begin every 100 ms. Blocks below the gate count as a pause. */
const stepSamples = 4800;
const stepsPerBlock = 4;
const gateLufs = -70;
const belowMeanLu = 10;
/** Tenths of a dB. Blocks are only counted, so that sound of any length fits. */
const histogramBins = 800;

/**
 * Measures perceived loudness in LUFS of sound at 48 kHz stereo: https://www.itu.int/rec/R-REC-BS.1770
 *
 * @example
 * import { LoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
 *
 * const meter = new LoudnessMeter();
 * const tone = (n: number) => 3_277 * Math.sin((2 * Math.PI * 997 * (n >> 1)) / 48_000);
 * meter.addSamples(Int16Array.from({ length: 2 * 48_000 }, (_, n) => tone(n))); // 1 s at -20 dB
 * Math.round(meter.lufs ?? 0); // -20
 */
export class LoudnessMeter {
  readonly #left = new KWeighting();
  readonly #right = new KWeighting();
  readonly #recentEnergies: number[] = [];
  #stepEnergy = 0;
  #filled = 0;
  readonly #counts = new Float64Array(histogramBins);
  readonly #energies = new Float64Array(histogramBins);

  /** Adds stereo samples, left and right in turn. */
  addSamples(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n += 2) {
      this.#stepEnergy +=
        this.#left.measureEnergy(samples[n] ?? 0) +
        this.#right.measureEnergy(samples[n + 1] ?? 0);
      this.#filled++;
      if (this.#filled === stepSamples) this.#endStep();
    }
  }

  /** Gets the loudness in LUFS. Undefined for silence only, or for less than 400 ms. */
  get lufs(): number | undefined {
    const ungatedLufs = this.#getMeanLufs(gateLufs);
    return ungatedLufs === undefined
      ? undefined
      : this.#getMeanLufs(ungatedLufs - belowMeanLu);
  }

  #endStep() {
    const energies = this.#recentEnergies;
    energies.push(this.#stepEnergy / stepSamples);
    this.#stepEnergy = 0;
    this.#filled = 0;
    if (energies.length > stepsPerBlock) energies.shift();
    if (energies.length < stepsPerBlock) return;
    const blockEnergy =
      energies.reduce((sum, energy) => sum + energy, 0) / stepsPerBlock;
    const lufs = toLufs(blockEnergy);
    if (lufs <= gateLufs) return;
    const at = toHistogramBin(lufs);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#energies[at] = (this.#energies[at] ?? 0) + blockEnergy;
  }

  #getMeanLufs(minLufs: number) {
    let [count, energy] = [0, 0];
    for (let n = toHistogramBin(minLufs); n < histogramBins; n++) {
      count += this.#counts[n] ?? 0;
      energy += this.#energies[n] ?? 0;
    }
    return count > 0 ? toLufs(energy / count) : undefined;
  }
}

function toLufs(energy: number) {
  return -0.691 + 10 * Math.log10(energy);
}

function toHistogramBin(lufs: number) {
  return Math.max(0, Math.min(histogramBins - 1, Math.floor((lufs - gateLufs) * 10)));
}

/** Filters one channel as the head and the ear do. */
class KWeighting {
  #x1 = 0;
  #x2 = 0;
  #y1 = 0;
  #y2 = 0;
  #z1 = 0;
  #z2 = 0;

  /** Returns the energy of the next sample after the filters. */
  measureEnergy(sample: number): number {
    const x = sample / 32_768;
    const y =
      headFilter.b[0] * x +
      headFilter.b[1] * this.#x1 +
      headFilter.b[2] * this.#x2 -
      headFilter.a[0] * this.#y1 -
      headFilter.a[1] * this.#y2;
    const z =
      y +
      lowCutFilter.b[1] * this.#y1 +
      this.#y2 -
      lowCutFilter.a[0] * this.#z1 -
      lowCutFilter.a[1] * this.#z2;
    this.#x2 = this.#x1;
    this.#x1 = x;
    this.#y2 = this.#y1;
    this.#y1 = y;
    this.#z2 = this.#z1;
    this.#z1 = z;
    return z * z;
  }
}
