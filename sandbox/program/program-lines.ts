const newline = 10;

/** Cuts a byte stream into lines, empty ones left out; one over `limitBytes` comes as undefined. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<string | undefined> {
  let rest = Buffer.alloc(0);
  for await (const bytes of source) {
    rest = Buffer.concat([rest, bytes]);
    for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
      const line = rest.subarray(0, end).toString().trim();
      rest = rest.subarray(end + 1);
      if (end > limitBytes) yield undefined;
      else if (line !== '') yield line;
    }
    // One byte over the limit is enough to know that the line is too long.
    rest = rest.subarray(0, limitBytes + 1);
  }
}
