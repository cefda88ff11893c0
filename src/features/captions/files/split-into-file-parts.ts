/** Which part of how many; a file that is whole is the only one. */
export type FilePart = { readonly number: number; readonly of: number };

/** A file before it is known in how many parts it comes. */
export type FileLayout = {
  /** Text in front of each part. */
  readonly head: (part: FilePart) => string;
  /** Texts that are not divided; `place` is the number of an entry in its part, from 1. */
  readonly entries: readonly ((place: number) => string)[];
  readonly between: string;
  readonly foot: string;
};

/** Longer than any part's numbers are. */
const longest: FilePart = { number: 99_999, of: 99_999 };
const longestPlace = 9_999_999;

/** The text of each part, at most `maxBytes` of UTF-8 unless a single entry is larger; at least one. */
export function parted(layout: FileLayout, maxBytes: number): readonly string[] {
  const { head, entries, between, foot } = layout;
  const frameBytes = bytesOf(head(longest)) + bytesOf(foot);
  const groups: ((place: number) => string)[][] = [[]];
  let sizeBytes = frameBytes;
  for (const entry of entries) {
    const entryBytes = bytesOf(entry(longestPlace)) + bytesOf(between);
    const group = groups.at(-1) ?? [];
    if (group.length > 0 && sizeBytes + entryBytes > maxBytes) {
      groups.push([entry]);
      sizeBytes = frameBytes + entryBytes;
    } else {
      group.push(entry);
      sizeBytes += entryBytes;
    }
  }
  return groups.map((group, place) => {
    const body = group.map((entry, at) => entry(at + 1)).join(between);
    const part = { number: place + 1, of: groups.length };
    return head(part) + body + foot;
  });
}

const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
