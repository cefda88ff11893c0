/**
 * Log-mel spectrogram of 16 kHz sound for Whisper and Smart Turn, with 80 bands every 10 ms:
 * https://github.com/openai/whisper/blob/main/whisper/audio.py
 */
export const melBands = 80;
export const hopSamples = 160;

const windowSamples = 400;
const half = windowSamples / 2;
const hann = Float64Array.from(
  { length: windowSamples },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowSamples),
);
/** Silence floor, and the quietest power that is kept beside the loudest. */
const [quietestPower, keptRange] = [1e-10, 1e-8];

/** `weights` belong to the bins from `first`. */
type MelBand = { readonly first: number; readonly weights: Float64Array };
const bands = createMelBands();

/**
 * Returns `[band][frame]`, one frame for 160 samples, with mirrored edges. The first `equalSamples` are all the same, and
 * cost one frame.
 */
export function computeLogMel(samples: Float32Array, equalSamples = 0): Float32Array {
  const frames = Math.floor(samples.length / hopSamples);
  const features = new Float32Array(melBands * frames);
  const spectrum = new Spectrum();
  let loudest = quietestPower;
  let equalFrames = Math.max(1, 1 + Math.floor((equalSamples - half) / hopSamples));
  for (let frame = 0; frame < frames; frame += equalFrames) {
    if (frame > 0) equalFrames = 1;
    const power = spectrum.measure(samples, frame * hopSamples - half);
    let at = frame;
    for (const band of bands) {
      const sum = sumBand(power, band);
      for (let n = 0; n < equalFrames; n++) features[at + n] = sum;
      loudest = Math.max(loudest, sum);
      at += frames;
    }
  }
  const quietest = Math.max(quietestPower, loudest * keptRange);
  return features.map((power) => (Math.log10(Math.max(power, quietest)) + 4) / 4);
}

function sumBand(power: Float64Array, { first, weights }: MelBand) {
  let sum = 0;
  for (let n = 0; n < weights.length; n++)
    sum += (weights[n] ?? 0) * (power[first + n] ?? 0);
  return sum;
}

/** Creates triangles of equal area on Slaney's mel scale, which is linear up to 1 kHz. */
function createMelBands(): readonly MelBand[] {
  const toMel = (hz: number) =>
    hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4);
  const toHz = (mel: number) =>
    mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);
  const edge = (n: number) => toHz((toMel(8000) * n) / (melBands + 1));
  return Array.from({ length: melBands }, (_, band) => {
    const [low, middle, high] = [edge(band), edge(band + 1), edge(band + 2)];
    const weight = (bin: number) => {
      const hz = (8000 * bin) / half;
      const height = Math.min(
        (hz - low) / (middle - low),
        (high - hz) / (high - middle),
      );
      return (2 * Math.max(0, height)) / (high - low);
    };
    const [first, last] = [
      Math.ceil((low * half) / 8000),
      Math.floor((high * half) / 8000),
    ];
    const weights = Float64Array.from({ length: last - first + 1 }, (_, n) =>
      weight(first + n),
    );
    return { first, weights };
  });
}

/** Angles of a circle in 400 steps, clockwise. */
const angles = Float64Array.from(
  { length: windowSamples },
  (_, n) => (-2 * Math.PI * n) / windowSamples,
);
const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];
/** Passes of Stockham's FFT of 200, which keeps the order. */
const passes = [
  createPass(5, 1),
  createPass(5, 5),
  createPass(4, 25),
  createPass(2, 100),
];

type FftPass = ReturnType<typeof createPass>;

/** Creates a pass after `stride` results, with its cosines and sines in the order of their use. */
function createPass(radix: number, stride: number) {
  const step = half / radix;
  const factors: number[] = [];
  for (let from = 0; from < step; from++) {
    const groupTurn = from - (from % stride);
    for (let part = 0; part < radix; part++) {
      for (let n = 0; n < radix; n++) {
        const turn = (2 * part * (n * step + groupTurn)) % windowSamples;
        factors.push(cosines[turn] ?? 0, sines[turn] ?? 0);
      }
    }
  }
  return { radix, stride, factors: Float64Array.from(factors) };
}

/** Power of 400 real samples at 201 frequencies, by an FFT of 200 complex numbers. */
class Spectrum {
  #re = new Float64Array(half);
  #im = new Float64Array(half);
  #nextRe = new Float64Array(half);
  #nextIm = new Float64Array(half);
  readonly #power = new Float64Array(half + 1);

  /** Measures the power of each frequency. The result is valid until the next call. */
  measure(samples: Float32Array, at: number): Float64Array {
    for (let n = 0; n < half; n++) {
      this.#re[n] = getMirrored(samples, at + 2 * n) * (hann[2 * n] ?? 0);
      this.#im[n] = getMirrored(samples, at + 2 * n + 1) * (hann[2 * n + 1] ?? 0);
    }
    for (const pass of passes) this.#runPass(pass);
    for (let bin = 0; bin <= half; bin++) this.#power[bin] = this.#measureBin(bin);
    return this.#power;
  }

  #runPass({ radix, stride, factors }: FftPass) {
    const [re, im, nextRe, nextIm] = [this.#re, this.#im, this.#nextRe, this.#nextIm];
    // No arrays are made and no angles computed, since this runs 800 times in 6 ms.
    const step = half / radix;
    let factor = 0;
    for (let from = 0; from < step; from++) {
      const groupTurn = from - (from % stride);
      for (let part = 0; part < radix; part++) {
        let sumRe = 0;
        let sumIm = 0;
        for (let n = from; n < half; n += step) {
          const cos = factors[factor++] ?? 0;
          const sin = factors[factor++] ?? 0;
          const x = re[n] ?? 0;
          const y = im[n] ?? 0;
          sumRe += x * cos - y * sin;
          sumIm += x * sin + y * cos;
        }
        const to = from + groupTurn * (radix - 1) + part * stride;
        nextRe[to] = sumRe;
        nextIm[to] = sumIm;
      }
    }
    [this.#re, this.#im, this.#nextRe, this.#nextIm] = [nextRe, nextIm, re, im];
  }

  /** Joins the spectra of even and odd samples. */
  #measureBin(bin: number) {
    const at = bin % half;
    const mirror = (half - bin) % half;
    const re = this.#re[at] ?? 0;
    const im = this.#im[at] ?? 0;
    const mirrorRe = this.#re[mirror] ?? 0;
    const mirrorIm = this.#im[mirror] ?? 0;
    const oddRe = (im + mirrorIm) / 2;
    const oddIm = (mirrorRe - re) / 2;
    const cos = cosines[bin] ?? 0;
    const sin = sines[bin] ?? 0;
    const sumRe = (re + mirrorRe) / 2 + oddRe * cos - oddIm * sin;
    const sumIm = (im - mirrorIm) / 2 + oddRe * sin + oddIm * cos;
    return sumRe ** 2 + sumIm ** 2;
  }
}

/** Gets a sample of the sound, mirrored at both ends. */
function getMirrored(samples: Float32Array, at: number) {
  const inside = at < 0 ? -at : at;
  const last = samples.length - 1;
  return samples[inside > last ? 2 * last - inside : inside] ?? 0;
}
