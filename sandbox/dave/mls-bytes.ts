/** Reads MLS structures front to back. Throws RangeError where the bytes end or lie: only for use inside `reading`. */
export class MlsReader {
  readonly #bytes;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8() {
    return this.takeBytes(1).readUInt8();
  }

  u16() {
    return this.takeBytes(2).readUInt16BE();
  }

  u32() {
    return this.takeBytes(4).readUInt32BE();
  }

  u64() {
    return this.takeBytes(8).readBigUInt64BE();
  }

  takeBytes(sizeBytes: number) {
    const end = this.#at + sizeBytes;
    if (end > this.#bytes.length) throw new RangeError('MLS: the bytes end early');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Reads a vector with its length in front (RFC 9420 section 2.1.2). */
  vector() {
    const first = this.u8();
    const kind = first >> 6;
    if (kind === 3) throw new RangeError('MLS: a length of no known form');
    let sizeBytes = first & 0x3f;
    for (let more = (1 << kind) - 1; more > 0; more--)
      sizeBytes = sizeBytes * 256 + this.u8();
    if (kind > 0 && sizeBytes < (kind === 1 ? 64 : 16_384)) {
      throw new RangeError('MLS: a length longer than it needs to be');
    }
    return this.takeBytes(sizeBytes);
  }

  /** Reads the elements of a vector, each by `read`. */
  readVector<T>(read: (element: MlsReader) => T) {
    const inner = new MlsReader(this.vector());
    const elements: T[] = [];
    while (!inner.requireEnd) elements.push(read(inner));
    return elements;
  }

  requireValue(value: number, found: number) {
    if (value !== found) throw new RangeError(`MLS: ${found} where ${value} must be`);
  }

  /** Returns the bytes read since `from`, an earlier `at`. */
  sliceFrom(from: number) {
    return this.#bytes.subarray(from, this.#at);
  }

  get at() {
    return this.#at;
  }

  get requireEnd() {
    return this.#at === this.#bytes.length;
  }
}

/**
 * Runs `read` over all of `bytes`. Returns undefined if the bytes have another format.
 */
export function tryReading<T>(bytes: Uint8Array, read: (reader: MlsReader) => T) {
  const reader = new MlsReader(bytes);
  try {
    const value = read(reader);
    return reader.requireEnd ? value : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Encodes `parts` as one vector with its length in front. */
export function encodeVector(...parts: readonly Uint8Array[]) {
  const body = Buffer.concat(parts);
  return Buffer.concat([encodeVectorLength(body.length), body]);
}

function encodeVectorLength(sizeBytes: number) {
  if (sizeBytes < 64) return encodeU8(sizeBytes);
  if (sizeBytes < 16_384) return encodeU16(0x4000 + sizeBytes);
  return encodeU32(0x8000_0000 + sizeBytes);
}

export function encodeU8(value: number) {
  return Buffer.of(value);
}

export function encodeU16(value: number) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function encodeU32(value: number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function encodeU64(value: bigint) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
