/** Reads MLS structures front to back. Throws RangeError where the bytes end or lie: only for use inside `tryReading`. */
export class MlsReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads one byte. */
  u8(): number {
    return this.takeBytes(1).readUInt8();
  }

  /** Reads two bytes, big-endian. */
  u16(): number {
    return this.takeBytes(2).readUInt16BE();
  }

  /** Reads four bytes, big-endian. */
  u32(): number {
    return this.takeBytes(4).readUInt32BE();
  }

  /** Reads eight bytes, big-endian. */
  u64(): bigint {
    return this.takeBytes(8).readBigUInt64BE();
  }

  /** Reads `sizeBytes` bytes, without a copy. */
  takeBytes(sizeBytes: number): Buffer {
    const end = this.#at + sizeBytes;
    if (end > this.#bytes.length) throw new RangeError('MLS: the bytes end early');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Reads a vector with its length in front (RFC 9420 section 2.1.2). */
  vector(): Buffer {
    const firstByte = this.u8();
    const kind = firstByte >> 6;
    if (kind === 3) throw new RangeError('MLS: a length of no known form');
    let sizeBytes = firstByte & 0x3f;
    for (let left = (1 << kind) - 1; left > 0; left--)
      sizeBytes = sizeBytes * 256 + this.u8();
    if (kind > 0 && sizeBytes < (kind === 1 ? 64 : 16_384)) {
      throw new RangeError('MLS: a length longer than it needs to be');
    }
    return this.takeBytes(sizeBytes);
  }

  /** Reads the elements of a vector, each by `read`. */
  readVector<T>(read: (element: MlsReader) => T): T[] {
    const inner = new MlsReader(this.vector());
    const elements: T[] = [];
    while (!inner.isAtEnd) elements.push(read(inner));
    return elements;
  }

  /** Throws RangeError unless the number that was read, `actual`, is `value`. */
  requireValue(value: number, actual: number): void {
    if (value !== actual) throw new RangeError(`MLS: ${actual} where ${value} must be`);
  }

  /** Returns the bytes read since `from`, an earlier `at`. */
  sliceFrom(from: number): Buffer {
    return this.#bytes.subarray(from, this.#at);
  }

  /** Number of bytes read so far. */
  get at(): number {
    return this.#at;
  }

  /** True once all bytes are read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}

/**
 * Runs `read` over all of `bytes`. Returns undefined if the bytes have another format.
 */
export function tryReading<T>(
  bytes: Uint8Array,
  read: (reader: MlsReader) => T,
): T | undefined {
  const reader = new MlsReader(bytes);
  try {
    const value = read(reader);
    return reader.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Encodes `segments` as one vector with its length in front. */
export function encodeVector(...segments: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(segments);
  return Buffer.concat([encodeVectorLength(body.length), body]);
}

function encodeVectorLength(sizeBytes: number) {
  if (sizeBytes < 64) return encodeU8(sizeBytes);
  if (sizeBytes < 16_384) return encodeU16(0x4000 + sizeBytes);
  return encodeU32(0x8000_0000 + sizeBytes);
}

export function encodeU8(value: number): Buffer {
  return Buffer.of(value);
}

export function encodeU16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function encodeU32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function encodeU64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
