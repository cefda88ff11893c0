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
  tensorPlace,
  tensorSource,
  tensorType,
  writeField,
  writeNumberField,
} from './model-fields.ts';

/** The bytes of a tensor lie in a file of their own. */
const isElsewhere = 1;
/** Bytes of one number, by the type of a tensor: float, uint8, int8, float16. */
const numberBytes: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 1],
  [3, 1],
  [10, 2],
]);
/** A smaller constant is not worth a mapping: a page. */
const minMappedBytes = 4_096;

/** A constant whose bytes can be mapped. `rest` are its fields without name and bytes. */
type MappedConstant = {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly rest: readonly Uint8Array[];
};

/**
 * Rewrites a model file so that its big constants stay in `fileName`, which ONNX Runtime maps into memory and copies no more. Each node
 * that reads one gets a mapping of its own: a node that packs its weights for the processor gives the mapping back.
 */
export function leaveConstantsInFile(file: Uint8Array, fileName: string): Uint8Array {
  const fields = [...readFields(file)].map(({ all, bytes, field }) =>
    field === modelGraph
      ? writeField(modelGraph, leaveConstants([...readFields(bytes)], file, fileName))
      : all,
  );
  return Buffer.concat(fields);
}

function leaveConstants(graph: readonly Field[], file: Uint8Array, fileName: string) {
  const mapped = new Map<string, MappedConstant>();
  const others: Uint8Array[] = [];
  for (const entry of graph) {
    const constant = entry.field === graphConstant && findMapped(entry, file);
    if (constant) mapped.set(constant.name, constant);
    else if (entry.field !== graphNode) others.push(entry.all);
  }
  const readers = new Map<string, number>();
  const nameForReader = (name: string) => {
    if (!mapped.has(name)) return name;
    const reader = readers.get(name) ?? 0;
    readers.set(name, reader + 1);
    return nameMapping(name, reader);
  };
  const nodes = graph
    .filter(({ field }) => field === graphNode)
    .map(({ bytes }) => renameInputs(bytes, nameForReader));
  const constants = [...mapped.values()].flatMap((constant) =>
    Array.from({ length: readers.get(constant.name) ?? 1 }, (_, reader) =>
      writeMapped(constant, nameMapping(constant.name, reader), fileName),
    ),
  );
  return Buffer.concat([...nodes, ...others, ...constants]);
}

/** The first reader reads a constant by its own name, as graphs inside of nodes do. */
function nameMapping(name: string, reader: number) {
  return reader === 0 ? name : `${name} ${reader}`;
}

/** Finds a constant that can be mapped. Undefined if it is small, or its numbers do not lie in the file as a processor reads them. */
function findMapped({ bytes: tensor }: Field, file: Uint8Array) {
  const fields = [...readFields(tensor)];
  const bytes = fields.find(({ field }) => field === tensorBytes)?.bytes;
  const type = fields.find(({ field }) => field === tensorType)?.value ?? 0;
  if (!bytes || bytes.length < minMappedBytes) return undefined;
  const offset = bytes.byteOffset - file.byteOffset;
  if (offset % (numberBytes.get(type) ?? Number.POSITIVE_INFINITY) !== 0)
    return undefined;
  const name = readTexts(tensor, tensorName).join();
  const rest = fields.filter(
    ({ field }) => field !== tensorName && field !== tensorBytes,
  );
  return { name, offset, length: bytes.length, rest: rest.map(({ all }) => all) };
}

function writeMapped(
  { length, offset, rest }: MappedConstant,
  name: string,
  location: string,
) {
  const sources = Object.entries({ location, offset, length }).map(([key, value]) =>
    writeField(
      tensorSource,
      Buffer.concat([writeField(1, key), writeField(2, `${value}`)]),
    ),
  );
  const fields = [
    ...rest,
    writeField(tensorName, name),
    ...sources,
    writeNumberField(tensorPlace, isElsewhere),
  ];
  return writeField(graphConstant, Buffer.concat(fields));
}

function renameInputs(node: Uint8Array, rename: (name: string) => string) {
  const fields = [...readFields(node)].map(({ all, bytes, field }) =>
    field === nodeInput
      ? writeField(nodeInput, rename(Buffer.from(bytes).toString()))
      : all,
  );
  return writeField(graphNode, Buffer.concat(fields));
}
