/** The most tokens, a power of two: a table that is half full finds one in two looks. */
const maxTokens = 65_536;
const slots = 2 * maxTokens;
/** Constants of the hash FNV-1a: https://www.rfc-editor.org/rfc/rfc9923 */
const [hashBasis, hashPrime] = [0x811c9dc5, 0x01000193];

/** Texts of the tokens of a model, as bytes in one piece: 50,000 buffers and names would take 10 MB. */
export class TokenTexts {
  readonly #bytes: Buffer;
  /** Ends of the texts in `#bytes`, after the start of the first. */
  readonly #ends: Uint32Array;
  /** Tokens plus one, by the hash of their texts. */
  readonly #table = new Uint32Array(slots);
  readonly #count: number;

  /** Reads a file whose lines hold a token in Base64 and a number. Throws a RangeError if it holds more than 65,536. */
  constructor(file: string) {
    this.#bytes = Buffer.alloc(file.length);
    const ends = [0];
    let length = 0;
    for (let at = 0; at < file.length; ) {
      const line = file.indexOf('\n', at);
      const text = file.slice(at, file.indexOf(' ', at));
      length += this.#bytes.write(text, length, 'base64');
      ends.push(length);
      at = line < 0 ? file.length : line + 1;
    }
    this.#count = ends.length - 1;
    if (this.#count > maxTokens) throw new RangeError('the model has too many tokens');
    this.#ends = Uint32Array.from(ends);
    for (let token = 0; token < this.#count; token++)
      this.#table[this.#findSlot(this.get(token))] = token + 1;
  }

  /** Number of tokens that have a text. */
  get count(): number {
    return this.#count;
  }

  /** Gets the text of a token. Empty for one without a text. */
  get(token: number): Uint8Array {
    return this.#bytes.subarray(this.#ends[token] ?? 0, this.#ends[token + 1] ?? 0);
  }

  /** Finds the token of a text. Undefined if no token has it. */
  find(text: Uint8Array): number | undefined {
    const token = this.#table[this.#findSlot(text)] ?? 0;
    return token === 0 ? undefined : token - 1;
  }

  /** Finds the slot of a text: that of its token, or an empty one. */
  #findSlot(text: Uint8Array) {
    let hash = hashBasis;
    for (const byte of text) hash = Math.imul(hash ^ byte, hashPrime);
    let slot = (hash >>> 0) % slots;
    for (; ; slot = (slot + 1) % slots) {
      const token = this.#table[slot] ?? 0;
      if (token === 0 || Buffer.compare(this.get(token - 1), text) === 0) return slot;
    }
  }
}
