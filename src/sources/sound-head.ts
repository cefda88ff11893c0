import { longestPageBytes } from '#src/audio/ogg-page.ts';
import { type Format, type SniffResult, sniff } from '#src/sources/formats/sniff.ts';
import { soundLengthMs } from '#src/sources/formats/sound-length.ts';
import type { SoundBytes } from './sound-bytes.ts';

/** The first bytes of a file. */
export type SoundHead = {
  readonly head: Buffer;
  readonly sniffed: SniffResult;
};

/**
 * Reads until the format is known.
 *
 * Errors: those of the bytes. Aborting `signal` throws `signal.reason`.
 */
export async function readHead(bytes: SoundBytes, signal: AbortSignal): Promise<SoundHead> {
  using flow = bytes.from(0);
  let head = Buffer.alloc(0);
  for await (const piece of flow.all(signal)) {
    head = Buffer.concat([head, piece]);
    const sniffed = sniff(head, false);
    if (sniffed.kind !== 'more') return { head, sniffed };
  }
  return { head, sniffed: sniff(head, true) };
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
  let tail = Buffer.alloc(0);
  for await (const piece of flow.all(signal)) {
    tail = Buffer.concat([tail, piece]);
    if (tail.length >= endBytes) break;
  }
  return soundLengthMs(format, { head, tail, sizeBytes });
}
