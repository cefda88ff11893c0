/** A matrix, row after row, and the bias of each row's product. */
export type Layer = {
  readonly rows: number;
  readonly width: number;
  readonly weights: Float32Array;
  readonly bias: Float32Array;
};

/** The voice detector's numbers, as its file holds them. */
export type SileroLayers = {
  /** Window of the short-time spectrum; 256 values. */
  readonly window: Float64Array;
  /** Four convolutions over time; each row holds its taps one after the other, as the input lies in time. */
  readonly encoder: readonly [Layer, Layer, Layer, Layer];
  /** Input, forget, cell and output gates of 128 cells, for the input followed by the former output. */
  readonly cells: Layer;
  readonly output: Layer;
};

/** Samples at 16 kHz of the former window that each window is seen with. */
export const contextSamples = 64;
/** Frequencies of a short-time spectrum. */
export const bins = 129;
/** Cells of the long short-term memory. */
export const cellCount = 128;
/** Samples of one window at 16 kHz: 32 ms. */
export const windowSamples = 512;

const magic = 'silero-v5-16k';

/** Reads the weights: 16 bytes of name and then float32 little-endian tensors, as scripts/silero-weights.mjs writes them. */
export function readLayers(bytes: Buffer): SileroLayers {
  if (bytes.toString('latin1', 0, magic.length) !== magic)
    throw new Error('Not the Silero weights.');
  let at = 16;
  const take = (length: number): Float32Array => {
    const values = new Float32Array(length);
    for (let n = 0; n < length; n++, at += 4) values[n] = bytes.readFloatLE(at);
    return values;
  };
  const window = Float64Array.from(take(256));
  // The third and fourth convolution see one or two steps only: their other taps always meet padding.
  const encoder = [
    convolution(128, 129, [0, 1, 2], take),
    convolution(64, 128, [0, 1, 2], take),
    convolution(64, 64, [1, 2], take),
    convolution(128, 64, [1], take),
  ] as const;
  const cells = joined(take(512 * 128), take(512 * 128), take(512), take(512));
  const output = { rows: 1, width: 128, weights: take(128), bias: take(1) };
  if (at !== bytes.length) throw new Error('The Silero weights have a wrong length.');
  return { window, encoder, cells, output };
}

/** Reorders [row][input][3 taps] to [row][tap][input], with the used `taps`. */
function convolution(
  rows: number,
  inputs: number,
  taps: readonly number[],
  take: (length: number) => Float32Array,
): Layer {
  const raw = take(rows * inputs * 3);
  const width = taps.length * inputs;
  const weights = new Float32Array(rows * width);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const tap of taps) {
      for (let n = 0; n < inputs; n++) weights[at++] = raw[(row * inputs + n) * 3 + tap] ?? 0;
    }
  }
  return { rows, width, weights, bias: take(rows) };
}

/** One row for the input beside one for the former output, so a gate is a single product. */
function joined(
  forInput: Float32Array,
  forFormer: Float32Array,
  inputBias: Float32Array,
  formerBias: Float32Array,
): Layer {
  const weights = new Float32Array(512 * 256);
  for (let row = 0; row < 512; row++) {
    weights.set(forInput.subarray(row * 128, row * 128 + 128), row * 256);
    weights.set(forFormer.subarray(row * 128, row * 128 + 128), row * 256 + 128);
  }
  const bias = inputBias.map((value, row) => value + (formerBias[row] ?? 0));
  return { rows: 512, width: 256, weights, bias };
}
