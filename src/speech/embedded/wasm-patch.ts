/** Operands of an opcode: a count of LEB128 numbers, raw bytes, or a table of branch targets. */
type Operands =
  | { readonly kind: 'numbers'; readonly count: number }
  | { readonly kind: 'bytes'; readonly count: number }
  | { readonly kind: 'table' };

const operands = new Map<number, Operands>([
  ...each([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, ...range(0x45, 0xbf)], 'numbers', 0),
  ...each([0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, ...range(0x20, 0x24)], 'numbers', 1),
  ...each([0x3f, 0x40, 0x41, 0x42], 'numbers', 1),
  ...each([0x11, ...range(0x28, 0x3e)], 'numbers', 2),
  [0x43, { kind: 'bytes', count: 4 }],
  [0x44, { kind: 'bytes', count: 8 }],
  [0x0e, { kind: 'table' }],
]);

/** Float to integer conversions that trap, and the number of the saturating form behind the prefix 0xFC. */
const saturating = new Map([
  ...range(0xa8, 0xab).map((op, n) => [op, n] as const),
  ...range(0xae, 0xb1).map((op, n) => [op, n + 4] as const),
]);

const [customSection, importSection, memorySection, codeSection] = [0, 2, 5, 10];
/** The import `env.memory` with 1536 pages at least and at most, as LEB128. */
const memoryImport = Buffer.from('\x06memory\x02\x01\x80\x0c\x80\x0c', 'latin1');
/** The name of that import, and its kind. */
const sharedMemory = Buffer.from('\x03env\x06memory\x02', 'latin1');

/**
 * Rewrites a WebAssembly 1.0 module so that float to integer conversions saturate instead of trapping, and its
 * imported memory has `pages` (64 KiB each, at most 16383). Throws a plain Error on anything it does not know.
 */
export function patchWasm(wasm: Uint8Array, pages: number): Buffer<ArrayBuffer> {
  return rewrite(wasm, (id, section) => {
    if (id === importSection) return widenMemory(section, pages);
    return id === codeSection ? saturateAll(section) : section;
  });
}

/**
 * Rewrites a module that makes its own memory so that it imports it as `env.memory`, and leaves out debug notes.
 *
 * Then instances can follow each other in one memory, which would otherwise wait for the garbage collector.
 */
export function importMemory(wasm: Uint8Array): Buffer<ArrayBuffer> {
  const limits = memoryLimits(wasm);
  return rewrite(wasm, (id, section) => {
    if (id === customSection || id === memorySection) return undefined;
    return id === importSection ? withMemory(section, limits) : section;
  });
}

/** Section by section; the sections for which `patch` gives nothing are left out. */
function rewrite(
  wasm: Uint8Array,
  patch: (id: number, section: Uint8Array) => Uint8Array | undefined,
): Buffer<ArrayBuffer> {
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const [id, section] of sections(wasm)) {
    const patched = patch(id, section);
    if (patched) parts.push(Uint8Array.of(id), leb(patched.length), patched);
  }
  return Buffer.concat(parts);
}

function* sections(wasm: Uint8Array): Generator<readonly [id: number, section: Uint8Array]> {
  const code = new Cursor(wasm, 8);
  while (!code.atEnd) yield [code.byte(), code.take(code.number())];
}

/** Limits of the only memory, as they stand behind the count of memories. */
function memoryLimits(wasm: Uint8Array): Uint8Array {
  for (const [id, section] of sections(wasm)) {
    if (id === memorySection && section[0] === 1) return section.subarray(1);
  }
  throw new Error('The module does not define the expected memory.');
}

function withMemory(section: Uint8Array, limits: Uint8Array): Buffer {
  const code = new Cursor(section, 0);
  const count = code.number();
  return Buffer.concat([leb(count + 1), section.subarray(code.at), sharedMemory, limits]);
}

function widenMemory(section: Uint8Array, pages: number): Uint8Array {
  const patched = Buffer.from(section);
  const at = patched.indexOf(memoryImport);
  if (at < 0) throw new Error('The module does not import the expected memory.');
  const limit = [(pages & 127) | 128, pages >> 7];
  patched.set([...limit, ...limit], at + memoryImport.length - 4);
  return patched;
}

function saturateAll(section: Uint8Array): Uint8Array {
  const code = new Cursor(section, 0);
  const count = code.number();
  const parts: Uint8Array[] = [leb(count)];
  for (let n = 0; n < count; n++) {
    const body = saturate(code.take(code.number()));
    parts.push(leb(body.length), body);
  }
  return Buffer.concat(parts);
}

function saturate(body: Uint8Array): Uint8Array {
  const code = new Cursor(body, 0);
  for (let locals = code.number(); locals > 0; locals--) {
    code.number();
    code.byte();
  }
  const parts: Uint8Array[] = [];
  let copied = 0;
  while (!code.atEnd) {
    const at = code.at;
    const op = code.byte();
    skipOperands(code, op);
    const form = saturating.get(op);
    if (form === undefined) continue;
    parts.push(body.subarray(copied, at), Uint8Array.of(0xfc, form));
    copied = code.at;
  }
  return Buffer.concat([...parts, body.subarray(copied)]);
}

function skipOperands(code: Cursor, op: number): void {
  const shape = operands.get(op);
  if (!shape) throw new Error(`The module uses the unknown opcode ${op}.`);
  if (shape.kind === 'bytes') code.take(shape.count);
  const count = shape.kind === 'table' ? code.number() + 1 : shape.count;
  if (shape.kind !== 'bytes') for (let n = 0; n < count; n++) code.number();
}

class Cursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.at++];
    if (value === undefined) throw new Error('The module ends too early.');
    return value;
  }

  /** LEB128, read as unsigned; of signed operands only the length matters here. */
  number(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  take(count: number): Uint8Array {
    const part = this.#bytes.subarray(this.at, this.at + count);
    if (part.length < count) throw new Error('The module ends too early.');
    this.at += count;
    return part;
  }
}

function leb(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

function each(ops: readonly number[], kind: 'numbers', count: number): [number, Operands][] {
  return ops.map((op) => [op, { kind, count }]);
}
