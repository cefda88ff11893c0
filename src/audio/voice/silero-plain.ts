import { Spectrum } from '#src/audio/echo/spectrum.ts';
import {
  bins,
  cellCount,
  contextSamples,
  type Layer,
  type SileroLayers,
  windowSamples,
} from './silero-layers.ts';

/**
 * Silero VAD v5 over one person's stream in plain TypeScript: the reference, and the fallback where WebAssembly has no SIMD.
 *
 * Equal to onnxruntime within 1e-4 (test/fixtures/silero-reference.json). Allocates nothing per window.
 */
export class PlainSilero {
  readonly #layers: SileroLayers;
  readonly #spectrum: Spectrum;
  /** 64 samples of the former window, 512 new ones, 64 mirrored at the end. */
  readonly #samples = new Float64Array(contextSamples + windowSamples + contextSamples);
  /** Inputs of the four convolutions, one row per time step; the spare rows before and after stay zero. */
  readonly #spectra = new Float64Array(6 * bins);
  readonly #first = new Float64Array(6 * 128);
  readonly #second = new Float64Array(2 * 64);
  readonly #third = new Float64Array(64);
  /** Input of the cells: 128 features and their own former output. */
  readonly #seen = new Float64Array(2 * cellCount);
  readonly #gates = new Float64Array(4 * cellCount);
  readonly #cells = new Float64Array(cellCount);

  constructor(layers: SileroLayers) {
    this.#layers = layers;
    this.#spectrum = new Spectrum(layers.window);
  }

  /** 0..1 for the next 512 samples, each -1..1. */
  probability(window: Float32Array): number {
    this.#load(window);
    for (let step = 0; step < 4; step++) {
      this.#spectrum.magnitudes(this.#samples, step * 128, this.#spectra, (step + 1) * bins);
    }
    const [a, b, c, d] = this.#layers.encoder;
    for (let step = 0; step < 4; step++) {
      multiply(a, this.#spectra, step * bins, this.#first, (step + 1) * 128);
    }
    rectify(this.#first);
    for (let step = 0; step < 2; step++) {
      multiply(b, this.#first, step * 2 * 128, this.#second, step * 64);
    }
    rectify(this.#second);
    multiply(c, this.#second, 0, this.#third, 0);
    rectify(this.#third);
    multiply(d, this.#third, 0, this.#gates, 0);
    for (let n = 0; n < cellCount; n++) this.#seen[n] = Math.max(0, this.#gates[n] ?? 0);
    return this.#remember();
  }

  /** Forgets the stream, as after a long gap. */
  reset(): void {
    this.#samples.fill(0);
    this.#seen.fill(0);
    this.#cells.fill(0);
  }

  #load(window: Float32Array): void {
    const samples = this.#samples;
    samples.copyWithin(0, windowSamples, windowSamples + contextSamples);
    samples.set(window, contextSamples);
    const end = contextSamples + windowSamples;
    for (let n = 0; n < contextSamples; n++) samples[end + n] = samples[end - 2 - n] ?? 0;
  }

  /** One step of the long short-term memory, and the probability read from it. */
  #remember(): number {
    const { cells, output } = this.#layers;
    const gates = this.#gates;
    multiply(cells, this.#seen, 0, gates, 0);
    let sum = output.bias[0] ?? 0;
    for (let n = 0; n < cellCount; n++) {
      const kept = sigmoid(gates[cellCount + n] ?? 0) * (this.#cells[n] ?? 0);
      const cell = kept + sigmoid(gates[n] ?? 0) * Math.tanh(gates[2 * cellCount + n] ?? 0);
      const out = sigmoid(gates[3 * cellCount + n] ?? 0) * Math.tanh(cell);
      this.#cells[n] = cell;
      this.#seen[cellCount + n] = out;
      sum += Math.max(0, out) * (output.weights[n] ?? 0);
    }
    return sigmoid(sum);
  }
}

/** Inputs of a product that are not 0, and where they stand; shared, as a product is done before the next begins. */
const nonzero = new Float64Array(512);
const places = new Uint16Array(512);

/** Fills `nonzero` and `places` from `at`; returns their number. Rectified values are 0 half of the time. */
function gather(input: Float64Array, at: number, width: number): number {
  let count = 0;
  for (let n = 0; n < width; n++) {
    const value = input[at + n] ?? 0;
    if (value === 0) continue;
    nonzero[count] = value;
    places[count++] = n;
  }
  return count;
}

/** Every row of `layer` times the input from `at`; four rows at once, so one load serves four products. */
function multiply(
  layer: Layer,
  input: Float64Array,
  at: number,
  out: Float64Array,
  to: number,
): void {
  const { weights, bias, rows, width } = layer;
  const count = gather(input, at, width);
  for (let row = 0; row < rows; row += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const first = row * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    for (let n = 0; n < count; n++) {
      const value = nonzero[n] ?? 0;
      const place = places[n] ?? 0;
      a += (weights[first + place] ?? 0) * value;
      b += (weights[second + place] ?? 0) * value;
      c += (weights[third + place] ?? 0) * value;
      d += (weights[fourth + place] ?? 0) * value;
    }
    out[to + row] = a;
    out[to + row + 1] = b;
    out[to + row + 2] = c;
    out[to + row + 3] = d;
  }
  for (let row = 0; row < rows; row++) out[to + row] = (out[to + row] ?? 0) + (bias[row] ?? 0);
}

function rectify(values: Float64Array): void {
  for (let n = 0; n < values.length; n++) values[n] = Math.max(0, values[n] ?? 0);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
