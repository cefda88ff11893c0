/** One pass of the transform: indexes of the first inputs, and the factors of all inputs in turn. */
type Pass = {
  readonly step: number;
  readonly firsts: Uint16Array;
  readonly factors: Float64Array;
};

/**
 * Power spectrum of real samples under a window, whose length is twice a product of 5, 4 and 2.
 *
 * A fast Fourier transform takes pairs of samples for complex numbers. It allocates nothing.
 */
export class Spectrum {
  readonly #window: Float64Array;
  readonly #passes: readonly Pass[];
  readonly #turns: Float64Array;
  readonly #power: Float64Array;
  /** Complex numbers: real and imaginary parts in turn. */
  #values: Float64Array;
  #nextValues: Float64Array;

  /** Throws a RangeError for a window of another length. */
  constructor(window: Float64Array) {
    const half = window.length / 2;
    this.#window = window;
    this.#passes = createPasses(half);
    this.#turns = listTurns(window.length);
    this.#power = new Float64Array(half + 1);
    this.#values = new Float64Array(window.length);
    this.#nextValues = new Float64Array(window.length);
  }

  /** Measures the power of each frequency in the samples from `at`. The result is valid until the next call. */
  measurePower(samples: Float32Array, at: number): Float64Array {
    const window = this.#window;
    const values = this.#values;
    for (let n = 0; n < window.length; n++)
      values[n] = (samples[at + n] ?? 0) * (window[n] ?? 0);
    for (const pass of this.#passes) {
      runPass(pass, this.#values, this.#nextValues);
      [this.#values, this.#nextValues] = [this.#nextValues, this.#values];
    }
    this.#measureBins();
    return this.#power;
  }

  /** Joins the spectra of even and odd samples. */
  #measureBins() {
    const values = this.#values;
    const turns = this.#turns;
    const power = this.#power;
    const half = power.length - 1;
    for (let bin = 0; bin <= half; bin++) {
      const at = 2 * (bin % half);
      const mirror = 2 * ((half - bin) % half);
      const re = values[at] ?? 0;
      const im = values[at + 1] ?? 0;
      const mirrorRe = values[mirror] ?? 0;
      const mirrorIm = values[mirror + 1] ?? 0;
      const oddRe = (im + mirrorIm) / 2;
      const oddIm = (mirrorRe - re) / 2;
      const cos = turns[2 * bin] ?? 0;
      const sin = turns[2 * bin + 1] ?? 0;
      const sumRe = (re + mirrorRe) / 2 + oddRe * cos - oddIm * sin;
      const sumIm = (im - mirrorIm) / 2 + oddRe * sin + oddIm * cos;
      power[bin] = sumRe ** 2 + sumIm ** 2;
    }
  }
}

/** Creates a Hann window, the `window` of a `Spectrum` that measures bands. */
export function createHannWindow(length: number): Float64Array {
  const step = (2 * Math.PI) / length;
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos(step * n));
}

/** Lists cosine and sine of each part of a circle, clockwise. */
function listTurns(count: number) {
  return Float64Array.from({ length: 2 * count }, (_, n) => {
    const angle = (-2 * Math.PI * Math.floor(n / 2)) / count;
    return n % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

function createPasses(length: number) {
  const passes: Pass[] = [];
  for (let stride = 1; stride < length; ) {
    const radix = [5, 4, 2].find((factor) => (length / stride) % factor === 0);
    if (radix === undefined) throw new RangeError(`no product of 5, 4, 2: ${length}`);
    passes.push(createPass(length, radix, stride));
    stride *= radix;
  }
  return passes;
}

/** Creates a pass of Stockham's FFT, which keeps the order, with its factors in the order of their use. */
function createPass(length: number, radix: number, stride: number): Pass {
  const turns = listTurns(length);
  const firsts = new Uint16Array(length);
  const factors: number[] = [];
  for (let output = 0; output < length; output++) {
    const group = stride * Math.floor(output / (stride * radix));
    const part = Math.floor(output / stride) % radix;
    firsts[output] = 2 * (group + (output % stride));
    for (let n = 0; n < radix; n++) {
      const turn = (part * ((n * length) / radix + group)) % length;
      factors.push(turns[2 * turn] ?? 0, turns[2 * turn + 1] ?? 0);
    }
  }
  return { step: (2 * length) / radix, firsts, factors: Float64Array.from(factors) };
}

function runPass(
  { step, firsts, factors }: Pass,
  from: Float64Array,
  to: Float64Array,
) {
  let factor = 0;
  for (let output = 0; output < firsts.length; output++) {
    let re = 0;
    let im = 0;
    for (let n = firsts[output] ?? 0; n < from.length; n += step) {
      const x = from[n] ?? 0;
      const y = from[n + 1] ?? 0;
      const cos = factors[factor++] ?? 0;
      const sin = factors[factor++] ?? 0;
      re += x * cos - y * sin;
      im += x * sin + y * cos;
    }
    to[2 * output] = re;
    to[2 * output + 1] = im;
  }
}
