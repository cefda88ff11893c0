import { bisect, type FindPlace } from './bisect.ts';
import type { Want } from './decoder.ts';
import { flacSample, isFlacHeader } from './flac-frames.ts';
import type { Jump } from './opened-sound.ts';
import type { Known } from './sound-length.ts';

/** `fLaC`, and the one block every file begins with (RFC 9639, 8.2). */
const startBytes = 42;
/** Where that tells the longest frame, the rate, and its mark as the last block. */
const [longestAt, rateAt, lastAt] = [10, 18, 4];

/** By the numbers frames carry. Undefined where that cannot be. Errors: those of the bytes. */
export async function jumpFlac(
  { bytes, head }: Known,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<Jump | undefined> {
  if (head.length < startBytes) return undefined;
  const [rateHz, frameSamples] = [head.readUIntBE(rateAt, 3) >> 4, head.readUInt16BE(longestAt)];
  if (rateHz === 0 || frameSamples === 0) return undefined;
  const find: FindPlace = (some, byte) => {
    for (let at = some.indexOf(0xff); at >= 0; at = some.indexOf(0xff, at + 1)) {
      const header = some.subarray(at);
      if (isFlacHeader(header))
        return { byte: byte + at, sample: flacSample(header, frameSamples) };
    }
    return undefined;
  };
  const found = await bisect(bytes, (fromMs / 1000) * rateHz, find, signal);
  if (!found) return undefined;
  const start = Buffer.from(head.subarray(0, startBytes));
  start.writeUInt8(0x80, lastAt);
  const skipMs = fromMs - (found.sample / rateHz) * 1000;
  return { before: [start], fromByte: found.byte, plan: { want, skipMs } };
}
