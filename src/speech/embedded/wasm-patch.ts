const [customSection, importSection, memorySection] = [0, 2, 5];
/** The name of that import, and its kind. */
const sharedMemory = Buffer.from('\x03env\x06memory\x02', 'latin1');

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
