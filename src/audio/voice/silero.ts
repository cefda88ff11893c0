import { readFile } from 'node:fs/promises';

/** Samples of the former window that each window begins with: https://github.com/snakers4/silero-vad */
export const contextSamples = 64;
export const cellCount = 128;
/** 32 ms at 16 kHz. */
export const windowSamples = 512;

/** Exports of scripts/kernels/silero.ts. Addresses count bytes. */
type Kernels = Readonly<Record<'spectra' | 'multiply' | 'remember', (...of: number[]) => void>>;

type Layer = {
  readonly rows: number;
  readonly width: number;
  readonly weights: number;
  readonly bias: number;
};

const magic = 'silero-v5-16k';
const pageBytes = 65_536;
const numberBytes = 4;
const vectorBytes = 16;
/** A transform of 256 real samples works on 128 complex points. */
const points = 128;
const bins = 129;
/** Three spectra are the widest input. */
const mostInputs = 3 * bins;

/** Addresses in a memory that never grows, and begins with the file of scripts/silero-weights.mjs. */
function addresses() {
  let endBytes = vectorBytes;
  const take = (numbers: number): number => {
    const from = endBytes;
    endBytes += Math.ceil((numbers * numberBytes) / vectorBytes) * vectorBytes;
    return from;
  };
  const layer = (rows: number, width: number): Layer => {
    return { rows, width, weights: take(rows * width), bias: take(rows) };
  };
  return {
    hann: take(2 * points),
    /** Each row holds its taps in the order of time. */
    encoder: [layer(128, 3 * bins), layer(64, 3 * 128), layer(64, 2 * 64), layer(128, 64)],
    /** Input, forget, cell and output gates for the input followed by the former output. */
    memory: layer(4 * cellCount, 2 * cellCount),
    output: layer(1, cellCount),
    twiddles: take(2 * bins),
    order: take(points),
    work: take(2 * bins * 4),
    /** 64 samples of the former window, 512 new ones, and 64 mirrored at the end. */
    samples: take(contextSamples + windowSamples + contextSamples),
    // Inputs of the convolutions, a row for each time step. The spare rows before and after stay zero.
    spectra: take(6 * bins),
    first: take(6 * 128),
    second: take(2 * 64),
    third: take(64),
    /** 128 features and the former output. */
    seen: take(2 * cellCount),
    gates: take(4 * cellCount),
    cells: take(cellCount),
    list: take(2 * mostInputs),
    pages: Math.ceil(endBytes / pageBytes),
  } as const;
}

const at = addresses();

/** The network in a WebAssembly instance of 0.9 MB. */
export class SileroWeights {
  readonly #kernels;
  readonly #output: Float32Array;
  readonly #bias: Float32Array;
  readonly #samples: Float32Array;
  readonly #context: Float32Array;
  readonly #outputs: Float32Array;
  readonly #cells: Float32Array;

  constructor(wasm: Uint8Array, weights: Buffer) {
    if (weights.toString('latin1', 0, magic.length) !== magic)
      throw new Error('Not the Silero weights.');
    const memory = new WebAssembly.Memory({ initial: at.pages, maximum: at.pages });
    const imports = { env: { memory } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm), imports);
    this.#kernels = exports as Kernels; // Exports of the file beside this one.
    const numbers = (from: number, length: number) => new Float32Array(memory.buffer, from, length);
    new Uint8Array(memory.buffer).set(weights);
    numbers(at.twiddles, 2 * bins).set(twiddles());
    new Uint32Array(memory.buffer, at.order, points).set(bitReversed());
    this.#output = numbers(at.output.weights, cellCount);
    this.#bias = numbers(at.output.bias, 1);
    this.#samples = numbers(at.samples, contextSamples + windowSamples + contextSamples);
    this.#context = this.#samples.subarray(windowSamples, windowSamples + contextSamples);
    this.#outputs = numbers(at.seen + cellCount * numberBytes, cellCount);
    this.#cells = numbers(at.cells, cellCount);
  }

  probability(stream: StreamState, window: Float32Array): number {
    this.#samples.set(stream.context);
    this.#samples.set(window, contextSamples);
    this.#mirror();
    this.#outputs.set(stream.outputs);
    this.#cells.set(stream.cells);
    this.#run();
    stream.context.set(this.#context);
    stream.outputs.set(this.#outputs);
    stream.cells.set(this.#cells);
    return this.#answer();
  }

  #mirror() {
    const samples = this.#samples;
    const end = contextSamples + windowSamples;
    for (let n = 0; n < contextSamples; n++) samples[end + n] = samples[end - 2 - n] ?? 0;
  }

  #run() {
    const [a, b, c, d] = at.encoder;
    const row = (from: number, step: number, width: number) => from + step * width * numberBytes;
    const { hann, twiddles, order, work } = at;
    this.#kernels.spectra(at.samples, hann, twiddles, order, work, row(at.spectra, 1, bins));
    for (let step = 0; step < 4; step++) {
      this.#multiply(a, row(at.spectra, step, bins), 0, row(at.first, step + 1, 128));
    }
    for (let step = 0; step < 2; step++) {
      this.#multiply(b, row(at.first, 2 * step, 128), 0, row(at.second, step, 64));
    }
    this.#multiply(c, at.second, 0, at.third);
    this.#multiply(d, at.third, 0, at.seen);
    this.#multiply(at.memory, at.seen, -Infinity, at.gates);
    this.#kernels.remember(at.gates, cellCount, at.cells, row(at.seen, 1, cellCount));
  }

  #multiply(layer: Layer, input: number, least: number, out: number) {
    const { weights, bias, rows, width } = layer;
    this.#kernels.multiply(weights, bias, rows, input, width, least, at.list, out);
  }

  #answer(): number {
    let sum = this.#bias[0] ?? 0;
    for (let n = 0; n < cellCount; n++) {
      sum += Math.max(0, this.#outputs[n] ?? 0) * (this.#output[n] ?? 0);
    }
    return 1 / (1 + Math.exp(-sum));
  }
}

export type StreamState = {
  readonly context: Float32Array;
  readonly outputs: Float32Array;
  readonly cells: Float32Array;
};

/** Reads the weights of Silero VAD v5 for 16 kHz (MIT, LICENSE.silero.txt) and the kernels beside this file. */
export async function loadSilero(): Promise<SileroWeights> {
  const read = (name: string) => readFile(new URL(name, import.meta.url));
  const files = [read('./silero-v5-16k.bin'), read('./silero-kernels.wasm')] as const;
  const [bytes, wasm] = await Promise.all(files);
  return new SileroWeights(wasm, bytes);
}

function twiddles(): Float32Array {
  const angle = (n: number) => (Math.PI * n) / points;
  return Float32Array.from({ length: 2 * bins }, (_, n) =>
    n < bins ? Math.cos(angle(n)) : Math.sin(angle(n - bins)),
  );
}

function bitReversed(): Uint32Array {
  return Uint32Array.from({ length: points }, (_, n) => {
    let reversed = 0;
    for (let bit = 1; bit < points; bit *= 2) reversed = 2 * reversed + (n & bit ? 1 : 0);
    return reversed * vectorBytes;
  });
}
