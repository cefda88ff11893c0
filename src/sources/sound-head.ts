import { longestPageBytes } from '#src/audio/ogg-page.ts';
import type { ThrottledRead } from '#src/sources/fetch/throttled-read.ts';
import {
  type Format,
  longestSniffBytes,
  type SniffResult,
  sniff,
  sniffBytes,
} from '#src/sources/formats/sniff.ts';
import { soundLengthMs } from '#src/sources/formats/sound-length.ts';
import type { SoundBytes } from './sound-bytes.ts';

/** The first bytes of a file. */
export type SoundHead = {
  readonly head: Buffer;
  readonly sniffed: SniffResult;
};

/**
 * Reads until the format is known, and checks again whenever there is twice as much.
 *
 * Errors: those of the bytes. Aborting `signal` throws `signal.reason`.
 */
export async function readHead(bytes: SoundBytes, signal: AbortSignal): Promise<SoundHead> {
  using flow = bytes.from(0);
  for (let [head, checkAtBytes] = [Buffer.alloc(0), sniffBytes]; ; ) {
    const more = await readUpTo(checkAtBytes - head.length, flow, signal);
    head = Buffer.concat([head, more]);
    const isWhole = head.length < checkAtBytes;
    const sniffed = sniff(head, isWhole || head.length >= longestSniffBytes);
    if (sniffed.kind !== 'more' || isWhole) return { head, sniffed };
    checkAtBytes = Math.min(2 * head.length, longestSniffBytes);
  }
}

/** Length of a sound, in ms, where it is known; its end is read only where that costs nothing. Errors: as `readHead`. */
export async function readLengthMs(
  bytes: SoundBytes,
  { head, format }: { readonly head: Buffer; readonly format: Format },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { canJump, sizeBytes } = bytes;
  if (format !== 'ogg' || !canJump || sizeBytes === undefined)
    return soundLengthMs(format, { head, tail: undefined, sizeBytes });
  const endBytes = 2 * longestPageBytes;
  using flow = bytes.from(Math.max(0, sizeBytes - endBytes));
  const tail = await readUpTo(endBytes, flow, signal);
  return soundLengthMs(format, { head, tail, sizeBytes });
}

/** Pieces until there are `lengthBytes`, or as many as there are. */
async function readUpTo(
  lengthBytes: number,
  flow: ThrottledRead,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let size = 0; size < lengthBytes; ) {
    const piece = await flow.next(signal);
    if (!piece) break;
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces);
}
