/** Numbers of the fields of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: of a model, its graph, a node and a tensor. */
export const modelGraph = 7;
export const graphNode = 1;
export const graphName = 2;
export const graphConstant = 5;
export const graphInput = 11;
export const graphOutput = 12;
export const nodeInput = 1;
export const nodeOutput = 2;
export const nodeName = 3;
export const tensorType = 2;
export const tensorName = 8;
export const tensorBytes = 9;
export const tensorSource = 13;
export const tensorPlace = 14;

/** A field of a message. `all` are its bytes with its number. */
export type Field = {
  readonly field: number;
  /** Bytes of a text or message; empty for a number. */
  readonly bytes: Uint8Array;
  /** The number; 0 for a text or message. */
  readonly value: number;
  readonly all: Uint8Array;
};

/** Reads the fields of a message of protobuf. Throws a RangeError at a length that is not there. */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const readNumber = () => {
    let [value, unit, byte] = [0, 1, 128];
    for (; byte >= 128; unit *= 128) {
      byte = message[at++] ?? 0;
      value += (byte % 128) * unit;
    }
    return value;
  };
  while (at < message.length) {
    const from = at;
    const tag = readNumber();
    const kind = tag % 8;
    const value = kind === 0 ? readNumber() : 0;
    const length = { 1: 8, 2: kind === 2 ? readNumber() : 0, 5: 4 }[kind] ?? 0;
    const start = at;
    at += length;
    if (at > message.length) throw new RangeError('the file ends too early');
    const field = Math.floor(tag / 8);
    yield {
      field,
      bytes: message.subarray(start, at),
      value,
      all: message.subarray(from, at),
    };
  }
}

/** Reads the texts of a field that may come several times. */
export function readTexts(message: Uint8Array, wanted: number): string[] {
  return [...readFields(message)]
    .filter(({ field }) => field === wanted)
    .map(({ bytes }) => Buffer.from(bytes).toString());
}

/** Writes a field that holds a text or a message. */
export function writeField(field: number, bytes: Uint8Array | string): Uint8Array {
  const content = Buffer.from(bytes);
  return Buffer.concat([
    writeNumber(8 * field + 2),
    writeNumber(content.length),
    content,
  ]);
}

/** Writes a field that holds a number. */
export function writeNumberField(field: number, value: number): Uint8Array {
  return Buffer.concat([writeNumber(8 * field), writeNumber(value)]);
}

function writeNumber(value: number) {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
