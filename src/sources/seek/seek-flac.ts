import type { Want } from '#src/sources/decode/decoder.ts';
import type { SeekPlan } from '#src/sources/opened-sound.ts';
import { bisect } from './bisect.ts';
import type { KnownFile } from './known-file.ts';

/** `fLaC`, and the one block every file begins with (RFC 9639, 8.2). */
const startBytes = 42;
/** Where that is marked as the last block. */
const lastAt = 4;

/** By the numbers frames carry. Undefined where that cannot be. Errors: those of the bytes. */
export async function seekFlac(
  { bytes, head, layout, inspect }: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  const { flac } = layout;
  if (!flac || head.length < startBytes) return undefined;
  const find = async (some: Uint8Array, from: number) =>
    (await inspect({ kind: 'place', layout, bytes: some, from }, signal)).place;
  const found = await bisect(bytes, (fromMs / 1000) * flac.rateHz, find, signal);
  if (!found) return undefined;
  const start = Buffer.from(head.subarray(0, startBytes));
  start.writeUInt8(0x80, lastAt);
  const skipMs = fromMs - (found.sample / flac.rateHz) * 1000;
  return { before: [start], fromByte: found.byte, plan: { want, skipMs } };
}
