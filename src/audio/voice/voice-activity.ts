import { Spectrum } from '#src/audio/echo/spectrum.ts';
import type { Layer, SileroWeights } from './silero.ts';

/** Samples of one window at 16 kHz: 32 ms. */
export const windowSamples = 512;

const contextSamples = 64;
const bins = 129;
const cellCount = 128;

/**
 * How likely somebody speaks, per 32 ms of one person's stream (Silero VAD v5). Remembers the stream; has no clock.
 *
 * Equal to onnxruntime within 1e-4 (test/fixtures/silero-reference.json). Allocates nothing per window.
 */
export class VoiceActivity {
  readonly #weights: SileroWeights;
  readonly #spectrum: Spectrum;
  /** 64 samples of the former window, 512 new ones, 64 mirrored at the end. */
  readonly #samples = new Float64Array(contextSamples + windowSamples + contextSamples);
  /** Inputs of the four convolutions, one row per time step; the spare rows before and after stay zero. */
  readonly #spectra = new Float64Array(6 * bins);
  readonly #first = new Float64Array(6 * 128);
  readonly #second = new Float64Array(2 * 64);
  readonly #third = new Float64Array(64);
  /** What the cells see: 128 features and their own former output. */
  readonly #seen = new Float64Array(2 * cellCount);
  readonly #gates = new Float64Array(4 * cellCount);
  readonly #cells = new Float64Array(cellCount);

  constructor(weights: SileroWeights) {
    this.#weights = weights;
    this.#spectrum = new Spectrum(weights.window);
  }

  /** 0..1 for the next 512 samples, each -1..1. */
  probability(window: Float32Array): number {
    if (window.length !== windowSamples)
      throw new Error(`A window holds ${windowSamples} samples.`);
    this.#take(window);
    for (let step = 0; step < 4; step++) {
      this.#spectrum.magnitudes(this.#samples, step * 128, this.#spectra, (step + 1) * bins);
    }
    const [a, b, c, d] = this.#weights.encoder;
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

  #take(window: Float32Array): void {
    const samples = this.#samples;
    samples.copyWithin(0, windowSamples, windowSamples + contextSamples);
    samples.set(window, contextSamples);
    const end = contextSamples + windowSamples;
    for (let n = 0; n < contextSamples; n++) samples[end + n] = samples[end - 2 - n] ?? 0;
  }

  /** One step of the long short-term memory, and the probability read from it. */
  #remember(): number {
    const { cells, output } = this.#weights;
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

/** Every row of `layer` times the input from `at`; four rows at once, so one load serves four products. */
function multiply(
  layer: Layer,
  input: Float64Array,
  at: number,
  out: Float64Array,
  to: number,
): void {
  const { weights, bias, rows, width } = layer;
  for (let row = 0; row < rows; row += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const first = row * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    for (let n = 0; n < width; n++) {
      const value = input[at + n] ?? 0;
      a += (weights[first + n] ?? 0) * value;
      b += (weights[second + n] ?? 0) * value;
      c += (weights[third + n] ?? 0) * value;
      d += (weights[fourth + n] ?? 0) * value;
    }
    out[to + row] = a + (bias[row] ?? 0);
    out[to + row + 1] = b + (bias[row + 1] ?? 0);
    out[to + row + 2] = c + (bias[row + 2] ?? 0);
    out[to + row + 3] = d + (bias[row + 3] ?? 0);
  }
}

function rectify(values: Float64Array): void {
  for (let n = 0; n < values.length; n++) values[n] = Math.max(0, values[n] ?? 0);
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
