/** Reads MLS structures front to back. Throws RangeError where the bytes end or lie: only for use inside `reading`. */
export class MlsReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  u64(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  take(sizeBytes: number): Buffer {
    const end = this.#at + sizeBytes;
    if (end > this.#bytes.length) throw new RangeError('MLS: the bytes end early');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A vector with its length in front (RFC 9420 section 2.1.2). */
  vector(): Buffer {
    const first = this.u8();
    const kind = first >> 6;
    if (kind === 3) throw new RangeError('MLS: a length of no known form');
    let sizeBytes = first & 0x3f;
    for (let more = (1 << kind) - 1; more > 0; more--) sizeBytes = sizeBytes * 256 + this.u8();
    if (kind > 0 && sizeBytes < (kind === 1 ? 64 : 16_384)) {
      throw new RangeError('MLS: a length longer than it needs to be');
    }
    return this.take(sizeBytes);
  }

  /** The elements of a vector, each read by `read`. */
  vectorOf<T>(read: (element: MlsReader) => T): T[] {
    const inner = new MlsReader(this.vector());
    const elements: T[] = [];
    while (!inner.done) elements.push(read(inner));
    return elements;
  }

  expect(value: number, found: number): void {
    if (value !== found) throw new RangeError(`MLS: ${found} where ${value} must be`);
  }

  /** Bytes read since `from`, an earlier `at`. */
  since(from: number): Buffer {
    return this.#bytes.subarray(from, this.#at);
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }
}

/** Result of `read` over all of `bytes`; undefined if they have another format. */
export function reading<T>(bytes: Uint8Array, read: (reader: MlsReader) => T): T | undefined {
  const reader = new MlsReader(bytes);
  try {
    const value = read(reader);
    return reader.done ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** `parts` as one vector with its length in front. */
export function vector(...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([vectorLength(body.length), body]);
}

function vectorLength(sizeBytes: number): Buffer {
  if (sizeBytes < 64) return u8(sizeBytes);
  if (sizeBytes < 16_384) return u16(0x4000 + sizeBytes);
  return u32(0x8000_0000 + sizeBytes);
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
