type Pass = ReturnType<typeof createPass>;

/**
 * Creates a power spectrum of real samples under a window, whose length is twice a product of 5, 4 and 2.
 *
 * A fast Fourier transform takes pairs of samples for complex numbers. It allocates nothing.
 */
export function createSpectrum(window: Float64Array) {
  const half = window.length / 2;
  const passes = createPasses(half);
  const turns = listTurns(window.length);
  const power = new Float64Array(half + 1);
  /** Complex numbers: real and imaginary parts in turn. */
  let values = new Float64Array(window.length);
  let next = new Float64Array(window.length);

  /** Joins the spectra of even and odd samples. */
  function measureBin(bin: number) {
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
    return sumRe ** 2 + sumIm ** 2;
  }

  return {
    /** Measures the power of each frequency in the samples from `at`. The result is valid until the next call. */
    measurePower(samples: Float32Array, at: number): Float64Array {
      for (let n = 0; n < window.length; n++)
        values[n] = (samples[at + n] ?? 0) * (window[n] ?? 0);
      for (const pass of passes) {
        runPass(pass, values, next);
        [values, next] = [next, values];
      }
      for (let bin = 0; bin <= half; bin++) power[bin] = measureBin(bin);
      return power;
    },
  };
}

export function createHannWindow(length: number): Float64Array {
  const step = (2 * Math.PI) / length;
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos(step * n));
}

/** Lists cosine and sine of each part of a circle, clockwise. */
function listTurns(parts: number) {
  return Float64Array.from({ length: 2 * parts }, (_, n) => {
    const angle = (-2 * Math.PI * Math.floor(n / 2)) / parts;
    return n % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  });
}

function createPasses(length: number) {
  const passes: Pass[] = [];
  for (let stride = 1; stride < length; ) {
    const radix = [5, 4, 2].find((one) => (length / stride) % one === 0);
    if (radix === undefined) throw new RangeError(`no product of 5, 4, 2: ${length}`);
    passes.push(createPass(length, radix, stride));
    stride *= radix;
  }
  return passes;
}

/** Creates a pass of Stockham's FFT, which keeps the order, with its factors in the order of their use. */
function createPass(length: number, radix: number, stride: number) {
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
