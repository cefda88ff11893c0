import {
  type Field,
  graphConstant,
  graphInput,
  graphName,
  graphNode,
  graphOutput,
  modelGraph,
  nodeInput,
  nodeName,
  nodeOutput,
  readFields,
  readTexts,
  tensorName,
  writeField,
} from './model-fields.ts';

const valueFields = [graphInput, graphOutput, 13];
const [valueName, valueType] = [1, 2];
/** A tensor of floats of any shape, as a type of a value. */
const floatTensor = Uint8Array.of(0x0a, 2, 0x08, 1);

type GraphNode = {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly all: Uint8Array;
};

/**
 * Cuts a model file before the first node of each group, which is what `groups` captures of a name, since nothing interrupts
 * a run of a model. A part reads inputs of the model and what earlier parts gave.
 */
export function cutModel(file: Uint8Array, groups: RegExp): readonly Uint8Array[] {
  const fields = [...readFields(file)];
  const whole = fields.find(({ field }) => field === modelGraph);
  const graph = whole ? [...readFields(whole.bytes)] : [];
  const nodes = graph.filter(({ field }) => field === graphNode).map(readNode);
  const named = nodes.map(({ name }) => groups.exec(name)?.[1]);
  const starts = named.flatMap((group, n) =>
    group !== undefined && named.indexOf(group) === n ? [n] : [],
  );
  const bounds = [0, ...starts, nodes.length];
  const crossing = bounds.map((bound) => listCrossing(graph, nodes, bound));
  return crossing.slice(1).map((to, n) => {
    const part = extractPart(graph, nodes, crossing[n] ?? [], to);
    const other = fields.filter((field) => field !== whole).map(({ all }) => all);
    return Buffer.concat([...other, writeField(modelGraph, part)]);
  });
}

/** Lists the values that the inputs decide, that are there before a node, and that it or later ones need. */
function listCrossing(
  graph: readonly Field[],
  nodes: readonly GraphNode[],
  bound: number,
) {
  const listNames = (kind: number) =>
    graph.filter(({ field }) => field === kind).map(readValueName);
  const there = new Set(listNames(graphInput));
  for (const { inputs, outputs } of nodes.slice(0, bound))
    if (inputs.some((name) => there.has(name)))
      for (const name of outputs) there.add(name);
  const needed = nodes.slice(bound).flatMap(({ inputs }) => inputs);
  return [...new Set([...needed, ...listNames(graphOutput)])].filter((name) =>
    there.has(name),
  );
}

/** Extracts the graph that makes `to` of `from`. */
function extractPart(
  graph: readonly Field[],
  nodes: readonly GraphNode[],
  from: readonly string[],
  to: readonly string[],
) {
  const given = new Set(from);
  const made = to.filter((name) => !given.has(name));
  const wanted = new Set(made);
  const used: Uint8Array[] = [];
  for (const { all, inputs, outputs } of nodes.toReversed()) {
    if (!outputs.some((name) => wanted.has(name) && !given.has(name))) continue;
    used.unshift(all);
    for (const name of inputs) wanted.add(name);
  }
  const constants = graph.filter(
    ({ bytes, field }) =>
      field === graphConstant && wanted.has(readTexts(bytes, tensorName).join()),
  );
  const values = graph.filter(({ field }) => valueFields.includes(field));
  const writeValue = (field: number, name: string) =>
    writeField(
      field,
      values.find((value) => readValueName(value) === name)?.bytes ?? writeFloats(name),
    );
  return Buffer.concat([
    ...used,
    writeField(graphName, 'part'),
    ...constants.map(({ all }) => all),
    ...from
      .filter((name) => wanted.has(name))
      .map((name) => writeValue(graphInput, name)),
    ...made.map((name) => writeValue(graphOutput, name)),
  ]);
}

function readNode({ all, bytes }: Field): GraphNode {
  return {
    name: readTexts(bytes, nodeName).join(),
    inputs: readTexts(bytes, nodeInput),
    outputs: readTexts(bytes, nodeOutput),
    all,
  };
}

function readValueName({ bytes }: Field) {
  return readTexts(bytes, valueName).join();
}

/** Writes a value that has no type in the file. */
function writeFloats(name: string) {
  return Buffer.concat([
    writeField(valueName, name),
    writeField(valueType, floatTensor),
  ]);
}
