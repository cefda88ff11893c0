import { readFile } from 'node:fs/promises';
import {
  bins,
  cellCount,
  contextSamples,
  type Layer,
  readLayers,
  type SileroLayers,
  windowSamples,
} from './silero-layers.ts';

/** Exports of scripts/kernels/silero.ts; addresses are in bytes. */
type Kernels = {
  spectra(
    samples: number,
    hann: number,
    twiddles: number,
    order: number,
    work: number,
    out: number,
  ): void;
  multiply(
    weights: number,
    bias: number,
    rows: number,
    input: number,
    width: number,
    least: number,
    list: number,
    out: number,
  ): void;
  remember(gates: number, count: number, cells: number, outputs: number): void;
};

/** Address of a layer. */
type PlacedLayer = Pick<Layer, 'rows' | 'width'> & {
  readonly weights: number;
  readonly bias: number;
};

const pageBytes = 65_536;
const numberBytes = 4;
const vectorBytes = 16;
/** Rows that `multiply` sums at once. */
const blockRows = 32;
/** Complex points of a Fourier transform of 256 real samples. */
const points = 128;
/** The widest input: three spectra. */
const mostInputs = 3 * bins;

/** Hands out addresses one behind the other. */
class AddressSpace {
  #end = 0;

  /** Reserves this many numbers, at a multiple of 16 bytes. */
  take(numbers: number): number {
    const at = this.#end;
    this.#end += Math.ceil((numbers * numberBytes) / vectorBytes) * vectorBytes;
    return at;
  }

  layer({ rows, width }: Layer): PlacedLayer {
    return { rows, width, weights: this.take(rows * width), bias: this.take(rows) };
  }

  get pages(): number {
    return Math.ceil(this.#end / pageBytes);
  }
}

/** Addresses of everything in the memory, which never grows. */
function addressesFor({ encoder: [a, b, c, d], cells }: SileroLayers) {
  const space = new AddressSpace();
  const at = {
    hann: space.take(2 * points),
    twiddles: space.take(2 * bins),
    order: space.take(points),
    work: space.take(2 * bins * 4),
    /** 64 samples of the former window, 512 new ones, 64 mirrored at the end. */
    samples: space.take(contextSamples + windowSamples + contextSamples),
    // Inputs of the four convolutions, one row per time step; the spare rows before and after stay zero.
    spectra: space.take(6 * bins),
    first: space.take(6 * 128),
    second: space.take(2 * 64),
    third: space.take(64),
    /** Input of the cells: 128 features and their own former output. */
    seen: space.take(2 * cellCount),
    gates: space.take(4 * cellCount),
    cells: space.take(cellCount),
    /** Pairs of a value and its column. */
    list: space.take(2 * mostInputs),
  };
  const encoder = [space.layer(a), space.layer(b), space.layer(c), space.layer(d)] as const;
  return { at, encoder, memoryLayer: space.layer(cells), pages: space.pages };
}

/** The voice detector's numbers in one WebAssembly instance that all streams share: 0.9 MB, of a fixed size. */
export class SileroWeights {
  readonly #kernels: Kernels;
  readonly #places: ReturnType<typeof addressesFor>;
  readonly #output: Layer;
  readonly #samples: Float32Array;
  /** Parts of the memory that hold the stream in use. */
  readonly #context: Float32Array;
  readonly #outputs: Float32Array;
  readonly #cells: Float32Array;

  /** Throws the errors of WebAssembly. */
  constructor(wasm: Uint8Array, layers: SileroLayers) {
    this.#output = layers.output;
    this.#places = addressesFor(layers);
    const { at, encoder, memoryLayer, pages } = this.#places;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const imports = { env: { memory } };
    this.#kernels = kernelsOf(new WebAssembly.Instance(new WebAssembly.Module(wasm), imports));
    const numbers = (from: number, length: number) => new Float32Array(memory.buffer, from, length);
    const place = (layer: Layer, placed: PlacedLayer) => {
      numbers(placed.weights, layer.weights.length).set(inBlocks(layer));
      numbers(placed.bias, layer.rows).set(layer.bias);
    };
    layers.encoder.forEach((layer, n) => {
      place(layer, encoder[n] ?? memoryLayer);
    });
    place(layers.cells, memoryLayer);
    numbers(at.hann, 2 * points).set(layers.window);
    numbers(at.twiddles, 2 * bins).set(twiddles());
    new Uint32Array(memory.buffer, at.order, points).set(bitReversed());
    this.#samples = numbers(at.samples, contextSamples + windowSamples + contextSamples);
    this.#context = this.#samples.subarray(windowSamples, windowSamples + contextSamples);
    this.#outputs = numbers(at.seen + cellCount * numberBytes, cellCount);
    this.#cells = numbers(at.cells, cellCount);
  }

  /** Implements `VoiceActivity.probability`; updates `stream` to its state after this window. */
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

  #mirror(): void {
    const samples = this.#samples;
    const end = contextSamples + windowSamples;
    for (let n = 0; n < contextSamples; n++) samples[end + n] = samples[end - 2 - n] ?? 0;
  }

  #run(): void {
    const { at, encoder, memoryLayer } = this.#places;
    const [a, b, c, d] = encoder;
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
    this.#multiply(memoryLayer, at.seen, Number.NEGATIVE_INFINITY, at.gates);
    this.#kernels.remember(at.gates, cellCount, at.cells, row(at.seen, 1, cellCount));
  }

  #multiply(layer: PlacedLayer, input: number, least: number, out: number): void {
    const { weights, bias, rows, width } = layer;
    this.#kernels.multiply(weights, bias, rows, input, width, least, this.#places.at.list, out);
  }

  #answer(): number {
    const { weights, bias } = this.#output;
    let sum = bias[0] ?? 0;
    for (let n = 0; n < cellCount; n++) {
      sum += Math.max(0, this.#outputs[n] ?? 0) * (weights[n] ?? 0);
    }
    return 1 / (1 + Math.exp(-sum));
  }
}

/** State of one stream from window to window. */
export type StreamState = {
  readonly context: Float32Array;
  readonly outputs: Float32Array;
  readonly cells: Float32Array;
};

/** Reads the 16 kHz weights of Silero VAD v5 (1 MB, MIT, LICENSE.silero.txt) and the kernels that lie beside this file. */
export async function loadSilero(): Promise<SileroWeights> {
  const read = (name: string) => readFile(new URL(name, import.meta.url));
  const files = [read('./silero-v5-16k.bin'), read('./silero-kernels.wasm')] as const;
  const [bytes, wasm] = await Promise.all(files);
  return new SileroWeights(wasm, readLayers(bytes));
}

function kernelsOf({ exports }: WebAssembly.Instance): Kernels {
  for (const name of ['spectra', 'multiply', 'remember']) {
    if (typeof exports[name] !== 'function') throw new Error(`The kernels have no ${name}.`);
  }
  return exports as Kernels;
}

/** From rows to blocks of 32 rows, in a block column by column. */
function inBlocks({ rows, width, weights }: Layer): Float32Array {
  const blocks = new Float32Array(rows * width);
  let at = 0;
  for (let block = 0; block < rows; block += blockRows) {
    for (let column = 0; column < width; column++) {
      for (let row = block; row < block + blockRows; row++) {
        blocks[at++] = weights[row * width + column] ?? 0;
      }
    }
  }
  return blocks;
}

/** Cosines and then sines of 2 pi n / 256, n being 0 to 128. */
function twiddles(): Float32Array {
  const angle = (n: number) => (Math.PI * n) / points;
  return Float32Array.from({ length: 2 * bins }, (_, n) =>
    n < bins ? Math.cos(angle(n)) : Math.sin(angle(n - bins)),
  );
}

/** Byte offset of each point in bit-reversed order, as a point takes a vector. */
function bitReversed(): Uint32Array {
  return Uint32Array.from({ length: points }, (_, n) => {
    let reversed = 0;
    for (let bit = 1; bit < points; bit *= 2) reversed = 2 * reversed + (n & bit ? 1 : 0);
    return reversed * vectorBytes;
  });
}
