/** Splits a stream of bytes into lines, however it is cut into chunks. */
export class MessageLineSplitter {
  readonly #longestBytes: number;
  #unfinished: Uint8Array[] = [];
  #bytes = 0;

  /** `longestBytes` of one line. */
  constructor(longestBytes: number) {
    this.#longestBytes = longestBytes;
  }

  /** Lines that end in this chunk, without their end; undefined where one is too long, from then on. */
  push(chunk: Uint8Array): readonly string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(lineEnd); at !== -1; at = chunk.indexOf(lineEnd, from)) {
      const rest = chunk.subarray(from, at);
      if (this.#bytes + rest.length > this.#longestBytes) return undefined;
      lines.push(Buffer.concat([...this.#unfinished, rest]).toString());
      this.#unfinished = [];
      this.#bytes = 0;
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    this.#bytes += rest.length;
    if (this.#bytes > this.#longestBytes) return undefined;
    if (rest.length > 0) this.#unfinished.push(rest);
    return lines;
  }
}

const lineEnd = 10;

/** Number of lines that end in these bytes. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineEnd); at !== -1; at = bytes.indexOf(lineEnd, at + 1)) lines++;
  return lines;
}
