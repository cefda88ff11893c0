import { leaveConstantsInFile } from '#src/speech/local/process/mapped-constants.ts';
import {
  type Field,
  graphConstant,
  graphNode,
  modelGraph,
  nodeInput,
  readFields,
  readTexts,
  tensorBytes,
  tensorName,
  tensorSource,
  tensorType,
  writeField,
  writeNumberField,
} from '#src/speech/local/process/model-fields.ts';

const [float, bytes] = [1, 3];

function makeConstant(name: string, type: number, length: number) {
  const numbers = Uint8Array.from({ length }, (_, n) => n % 251);
  return writeField(
    graphConstant,
    Buffer.concat([
      writeNumberField(tensorType, type),
      writeField(tensorName, name),
      writeField(tensorBytes, numbers),
    ]),
  );
}

function makeNode(...inputs: readonly string[]) {
  const fields = inputs.map((name) => writeField(nodeInput, name));
  return writeField(graphNode, Buffer.concat(fields));
}

function readGraph(model: Uint8Array): readonly Field[] {
  const graph = [...readFields(model)].find(({ field }) => field === modelGraph);
  return [...readFields(graph?.bytes ?? new Uint8Array())];
}

function listInputs(graph: readonly Field[]) {
  return graph
    .filter(({ field }) => field === graphNode)
    .map(({ bytes: node }) => readTexts(node, nodeInput));
}

/** Reads the bytes of a constant: its own, or those to which it points in a file. */
function readConstantBytes(graph: readonly Field[], name: string, file: Uint8Array) {
  const constant = graph.find(
    (entry) =>
      entry.field === graphConstant && readTexts(entry.bytes, tensorName)[0] === name,
  );
  const fields = [...readFields(constant?.bytes ?? new Uint8Array())];
  const own = fields.find(({ field }) => field === tensorBytes);
  if (own) return { isMapped: false, numbers: Buffer.from(own.bytes) };
  const source = new Map(
    fields
      .filter(({ field }) => field === tensorSource)
      .map(({ bytes: entry }) => [readTexts(entry, 1)[0], readTexts(entry, 2)[0]]),
  );
  expect(source.get('location')).toBe('voice.onnx');
  const offset = Number(source.get('offset'));
  const end = offset + Number(source.get('length'));
  return { isMapped: true, numbers: Buffer.from(file.subarray(offset, end)) };
}

test('big constants of a model stay in its file, one mapping for each node that reads them, and small ones come along', () => {
  const head = writeNumberField(1, 8);
  const graph = [
    makeNode('sound', 'big'),
    makeNode('small', 'big'),
    makeConstant('big', bytes, 8_192),
    makeConstant('small', bytes, 64),
  ];
  const file = Buffer.concat([head, writeField(modelGraph, Buffer.concat(graph))]);
  const light = leaveConstantsInFile(file, 'voice.onnx');
  expect(light.length).toBeLessThan(400);
  expect([...readFields(light)][0]).toMatchObject({ field: 1, value: 8 });
  const lightGraph = readGraph(light);
  const [first = [], second = []] = listInputs(lightGraph);
  expect([first[0], first[1], second[0]]).toEqual(['sound', 'big', 'small']);
  const [, otherName = ''] = second;
  expect(otherName).not.toBe('big');
  const numbers = Buffer.from(Uint8Array.from({ length: 8_192 }, (_, n) => n % 251));
  for (const name of ['big', otherName])
    expect(readConstantBytes(lightGraph, name, file)).toEqual({
      isMapped: true,
      numbers,
    });
  expect(readConstantBytes(lightGraph, 'small', file)).toEqual({
    isMapped: false,
    numbers: numbers.subarray(0, 64),
  });
});

test('floats are mapped only where they lie in the file as a processor reads them', () => {
  const isMapped = [0, 1, 2, 3].map((shift) => {
    const name = 'weights'.padEnd(8 + shift, 's');
    const graph = writeField(modelGraph, makeConstant(name, float, 8_192));
    const light = leaveConstantsInFile(graph, 'voice.onnx');
    return readConstantBytes(readGraph(light), name, graph).isMapped;
  });
  expect(isMapped.filter(Boolean)).toHaveLength(1);
});
