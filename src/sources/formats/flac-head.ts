/** Before each block of metadata: its kind, and its length in 24 bits (RFC 9639, 8.1). */
const blockHeadBytes = 4;
const magicBytes = 4;

/** Leaves out the head of a FLAC file, in pieces of any length. */
export class FlacHead {
  #rest: Buffer = Buffer.alloc(0);
  #leftBytes = 0;
  #isLast = false;
  #hasBegun = false;

  /** Whether the frames have been reached. */
  get isOver(): boolean {
    return this.#isLast && this.#leftBytes === 0;
  }

  /** Throws a plain Error where there is no such head. */
  without(bytes: Uint8Array): Buffer {
    if (this.isOver) return Buffer.from(bytes);
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#hasBegun && this.#rest.length < magicBytes) return Buffer.alloc(0);
    if (!this.#hasBegun) this.#begin();
    this.#pass();
    return this.isOver ? this.#rest : Buffer.alloc(0);
  }

  #begin(): void {
    if (this.#rest.toString('latin1', 0, magicBytes) !== 'fLaC')
      throw new Error('it is no FLAC file');
    this.#rest = this.#rest.subarray(magicBytes);
    this.#hasBegun = true;
  }

  #pass(): void {
    for (;;) {
      const passed = Math.min(this.#leftBytes, this.#rest.length);
      this.#leftBytes -= passed;
      this.#rest = this.#rest.subarray(passed);
      if (this.isOver || this.#leftBytes > 0 || this.#rest.length < blockHeadBytes) return;
      this.#isLast = (this.#rest.readUInt8(0) & 0x80) !== 0;
      this.#leftBytes = this.#rest.readUIntBE(1, 3);
      this.#rest = this.#rest.subarray(blockHeadBytes);
    }
  }
}
