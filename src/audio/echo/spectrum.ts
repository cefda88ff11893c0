const size = 256;
const half = size / 2;

/** Magnitudes of 256 real samples at 129 frequencies, without allocating. */
export class Spectrum {
  readonly #window: Float64Array;
  readonly #re = new Float64Array(half + 1);
  readonly #im = new Float64Array(half + 1);
  readonly #cos = new Float64Array(half + 1);
  readonly #sin = new Float64Array(half + 1);
  readonly #order = new Uint8Array(half);

  /** `window` is multiplied onto the samples first; 256 values. */
  constructor(window: Float64Array) {
    this.#window = window;
    for (let n = 0; n <= half; n++) {
      this.#cos[n] = Math.cos((2 * Math.PI * n) / size);
      this.#sin[n] = Math.sin((2 * Math.PI * n) / size);
    }
    for (let n = 0; n < half; n++) {
      for (let bit = 0; bit < 7; bit++) {
        if (n & (1 << bit)) this.#order[n] = (this.#order[n] ?? 0) | (64 >> bit);
      }
    }
  }

  /** Reads 256 samples from `at` and writes 129 magnitudes from `to`. */
  magnitudes(samples: Float64Array, at: number, into: Float64Array, to: number): void {
    this.#pack(samples, at);
    this.#transform();
    this.#unpack(into, to);
  }

  /** Even samples as real, odd ones as imaginary parts: a transform of half the size serves. */
  #pack(samples: Float64Array, at: number): void {
    const window = this.#window;
    for (let n = 0; n < half; n++) {
      const to = this.#order[n] ?? 0;
      const from = 2 * n;
      this.#re[to] = (samples[at + from] ?? 0) * (window[from] ?? 0);
      this.#im[to] = (samples[at + from + 1] ?? 0) * (window[from + 1] ?? 0);
    }
  }

  #transform(): void {
    for (let span = 1; span < half; span *= 2) {
      const step = half / span;
      for (let start = 0; start < half; start += 2 * span) {
        for (let n = 0; n < span; n++) this.#join(start + n, start + n + span, n * step);
      }
    }
  }

  /** One butterfly: `b` turned by `angle` is added to and taken from `a`. */
  #join(a: number, b: number, angle: number): void {
    const re = this.#re;
    const im = this.#im;
    const cos = this.#cos[angle] ?? 0;
    const sin = this.#sin[angle] ?? 0;
    const x = re[b] ?? 0;
    const y = im[b] ?? 0;
    const turnedRe = x * cos + y * sin;
    const turnedIm = y * cos - x * sin;
    re[b] = (re[a] ?? 0) - turnedRe;
    im[b] = (im[a] ?? 0) - turnedIm;
    re[a] = (re[a] ?? 0) + turnedRe;
    im[a] = (im[a] ?? 0) + turnedIm;
  }

  #unpack(into: Float64Array, to: number): void {
    const re = this.#re;
    const im = this.#im;
    re.copyWithin(half, 0, 1);
    im.copyWithin(half, 0, 1);
    for (let n = 0; n <= half; n++) {
      const evenRe = ((re[n] ?? 0) + (re[half - n] ?? 0)) / 2;
      const evenIm = ((im[n] ?? 0) - (im[half - n] ?? 0)) / 2;
      const oddRe = ((im[n] ?? 0) + (im[half - n] ?? 0)) / 2;
      const oddIm = ((re[half - n] ?? 0) - (re[n] ?? 0)) / 2;
      const cos = this.#cos[n] ?? 0;
      const sin = this.#sin[n] ?? 0;
      const x = evenRe + oddRe * cos + oddIm * sin;
      const y = evenIm + oddIm * cos - oddRe * sin;
      into[to + n] = Math.sqrt(x * x + y * y);
    }
  }
}
