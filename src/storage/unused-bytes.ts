import { readSync, writeSync } from 'node:fs';

/** First byte of b-tree pages, and the length of their header, in bytes: https://sqlite.org/fileformat2.html#b_tree_pages */
const headerBytes: Readonly<Record<number, number>> = { 2: 12, 5: 12, 10: 8, 13: 8 };
/** Bytes before the header of the first page. */
const fileHeaderBytes = 100;

/**
 * Overwrites unused bytes of SQLite pages, between their pointers and their cells, with zeros: where SQLite divides a page, it leaves
 * copies of rows there, which `secure_delete` does not reach. Reads from byte `from` into `pages`, and returns the bytes read.
 */
export function clearUnusedBytes(
  file: number,
  from: number,
  pages: Buffer,
  pageBytes: number,
): number {
  const zeros = Buffer.alloc(pageBytes);
  const bytes = readSync(file, pages, 0, pages.length, from);
  for (let at = 0; at + pageBytes <= bytes; at += pageBytes) {
    const header = from + at === 0 ? fileHeaderBytes : at;
    const length = headerBytes[pages.readUInt8(header)];
    if (length === undefined) continue;
    const start = header + length + 2 * pages.readUInt16BE(header + 3);
    const end = at + pages.readUInt16BE(header + 5);
    const unused = end - start;
    if (unused <= 0 || end > at + pageBytes) continue;
    if (pages.compare(zeros, 0, unused, start, end) !== 0)
      writeSync(file, zeros, 0, unused, from + start);
  }
  return bytes;
}
