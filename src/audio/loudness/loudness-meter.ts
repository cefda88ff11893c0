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
 * meter.push(Int16Array.from({ length: 2 * 48_000 }, (_, n) => tone(n))); // 1 s at -20 dB
 * Math.round(meter.lufs ?? 0); // -20
 */
export class LoudnessMeter {
  readonly #channels = [new KWeighting(), new KWeighting()] as const;
  readonly #recent: number[] = [];
  #energy = 0;
  #filled = 0;
  readonly #counts = new Float64Array(histogramBins);
  readonly #energies = new Float64Array(histogramBins);

  push(samples: Int16Array) {
    const [left, right] = this.#channels;
    for (let n = 0; n < samples.length; n += 2) {
      this.#energy +=
        left.measureEnergy(samples[n] ?? 0) + right.measureEnergy(samples[n + 1] ?? 0);
      this.#filled++;
      if (this.#filled === stepSamples) this.#endStep();
    }
  }

  /** Gets the loudness in LUFS. Undefined for silence only, or for less than 400 ms. */
  get lufs(): number | undefined {
    const all = this.#getMeanLufs(gateLufs);
    return all === undefined ? undefined : this.#getMeanLufs(all - belowMeanLu);
  }

  #endStep() {
    this.#recent.push(this.#energy / stepSamples);
    this.#energy = 0;
    this.#filled = 0;
    if (this.#recent.length > stepsPerBlock) this.#recent.shift();
    if (this.#recent.length < stepsPerBlock) return;
    const energy = this.#recent.reduce((sum, one) => sum + one, 0) / stepsPerBlock;
    const lufs = toLufs(energy);
    if (lufs <= gateLufs) return;
    const at = toHistogramBin(lufs);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#energies[at] = (this.#energies[at] ?? 0) + energy;
  }

  #getMeanLufs(lufs: number) {
    let [count, energy] = [0, 0];
    for (let n = toHistogramBin(lufs); n < histogramBins; n++) {
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
