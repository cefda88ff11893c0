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
 * import { createLoudnessMeter } from '#src/audio/loudness/loudness-meter.ts';
 *
 * const meter = createLoudnessMeter();
 * const tone = (n: number) => 3_277 * Math.sin((2 * Math.PI * 997 * (n >> 1)) / 48_000);
 * meter.push(Int16Array.from({ length: 2 * 48_000 }, (_, n) => tone(n))); // 1 s at -20 dB
 * Math.round(meter.lufs ?? 0); // -20
 */
export function createLoudnessMeter() {
  const channels = [createKWeighting(), createKWeighting()] as const;
  const recent: number[] = [];
  let stepEnergy = 0;
  let filled = 0;
  const counts = new Float64Array(histogramBins);
  const energies = new Float64Array(histogramBins);

  function endStep() {
    recent.push(stepEnergy / stepSamples);
    stepEnergy = 0;
    filled = 0;
    if (recent.length > stepsPerBlock) recent.shift();
    if (recent.length < stepsPerBlock) return;
    const energy = recent.reduce((sum, one) => sum + one, 0) / stepsPerBlock;
    const lufs = toLufs(energy);
    if (lufs <= gateLufs) return;
    const at = toHistogramBin(lufs);
    counts[at] = (counts[at] ?? 0) + 1;
    energies[at] = (energies[at] ?? 0) + energy;
  }

  function getMeanLufs(lufs: number) {
    let [count, energy] = [0, 0];
    for (let n = toHistogramBin(lufs); n < histogramBins; n++) {
      count += counts[n] ?? 0;
      energy += energies[n] ?? 0;
    }
    return count > 0 ? toLufs(energy / count) : undefined;
  }

  return {
    push(samples: Int16Array) {
      const [left, right] = channels;
      for (let n = 0; n < samples.length; n += 2) {
        stepEnergy +=
          left.measureEnergy(samples[n] ?? 0) +
          right.measureEnergy(samples[n + 1] ?? 0);
        filled++;
        if (filled === stepSamples) endStep();
      }
    },

    /** Gets the loudness in LUFS. Undefined for silence only, or for less than 400 ms. */
    get lufs(): number | undefined {
      const all = getMeanLufs(gateLufs);
      return all === undefined ? undefined : getMeanLufs(all - belowMeanLu);
    },
  };
}

function toLufs(energy: number) {
  return -0.691 + 10 * Math.log10(energy);
}

function toHistogramBin(lufs: number) {
  return Math.max(0, Math.min(histogramBins - 1, Math.floor((lufs - gateLufs) * 10)));
}

/** Filters one channel as the head and the ear do. */
function createKWeighting() {
  let x1 = 0;
  let x2 = 0;
  let y1 = 0;
  let y2 = 0;
  let z1 = 0;
  let z2 = 0;

  return {
    measureEnergy(sample: number): number {
      const x = sample / 32_768;
      const y =
        headFilter.b[0] * x +
        headFilter.b[1] * x1 +
        headFilter.b[2] * x2 -
        headFilter.a[0] * y1 -
        headFilter.a[1] * y2;
      const z =
        y +
        lowCutFilter.b[1] * y1 +
        y2 -
        lowCutFilter.a[0] * z1 -
        lowCutFilter.a[1] * z2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      z2 = z1;
      z1 = z;
      return z * z;
    },
  };
}
