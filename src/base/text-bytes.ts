/** Fewer bytes of sound may look like text by chance. Sound of 16 bits shows another byte within a few dozen. */
const minTextBytes = 64;
/** Share of plain letters in a text of an older encoding, such as Latin-1. */
const minPlainShare = 0.7;

/**
 * Judges whether bytes begin a readable text: no control byte but tab and line ends, in UTF-8 or mostly plain letters.
 * `more` means that up to 64 bytes are needed.
 *
 * @example
 * import { judgeText } from '#src/base/text-bytes.ts';
 *
 * judgeText(Buffer.from('Internal Server Error'), true); // 'text'
 * judgeText(Buffer.from([0, 0, 12, 0]), false); // 'other'
 */
export function judgeText(
  bytes: Uint8Array,
  isWhole: boolean,
): 'text' | 'other' | 'more' {
  if (bytes.some(isUnreadable)) return 'other';
  if (bytes.length < minTextBytes && !isWhole) return 'more';
  if (bytes.length === 0) return 'other';
  const plainCount = bytes.reduce((sum, byte) => sum + (byte < 0x80 ? 1 : 0), 0);
  const isText = isUtf8(bytes) || plainCount >= minPlainShare * bytes.length;
  return isText ? 'text' : 'other';
}

/** Finds where the readable UTF-8 text at the end of sound begins. The length of `bytes` if there is none. */
export function findTextTail(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && !isUnreadable(bytes[start - 1] ?? 0)) start--;
  // The last byte of the sound may be readable, too.
  for (let at = start; at < start + 4 && at < bytes.length; at++)
    if (isUtf8(bytes.subarray(at))) return at;
  return bytes.length;
}

const [tab, lineFeed, carriageReturn, space, deleteCode, never] = [
  0x09, 0x0a, 0x0d, 0x20, 0x7f, 0xff,
];

function isUnreadable(byte: number) {
  if (byte < space) return byte !== tab && byte !== lineFeed && byte !== carriageReturn;
  return byte === deleteCode || byte === never;
}

function isUtf8(bytes: Uint8Array) {
  try {
    // The last character may be cut.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
