import { longestPageBytes } from '#src/audio/ogg-page.ts';
import type { Inspect } from '#src/sources/decode/inspection.ts';
import type { ThrottledRead } from '#src/sources/fetch/throttled-read.ts';
import {
  type Format,
  longestSniffBytes,
  type SniffResult,
  sniffBytes,
} from '#src/sources/formats/sniff.ts';
import { readSome } from '#src/sources/seek/bisect.ts';
import type { SoundLayout } from '#src/sources/seek/sound-layout.ts';
import type { SoundBytes } from './sound-bytes.ts';

/** The first bytes of a file. */
export type SoundHead = {
  readonly head: Buffer;
  readonly sniffed: SniffResult;
};

/**
 * Reads until the format is known, and checks again whenever there is twice as much.
 *
 * Errors: those of the bytes and BotError `source.*`. Aborting `signal` throws `signal.reason`.
 */
export async function readHead(
  bytes: SoundBytes,
  inspect: Inspect,
  signal: AbortSignal,
): Promise<SoundHead> {
  const pieces: Uint8Array[] = [];
  const flow = bytes.from(0);
  try {
    for (let checkAtBytes = sniffBytes; ; ) {
      const isWhole = await readUntil(checkAtBytes, pieces, flow, signal);
      const head = Buffer.concat(pieces);
      const isEnough = isWhole || head.length >= longestSniffBytes;
      const { sniffed } = await inspect({ kind: 'sniff', head, isWhole: isEnough }, signal);
      if (sniffed.kind !== 'more' || isWhole) return { head, sniffed };
      checkAtBytes = Math.min(2 * head.length, longestSniffBytes);
    }
  } finally {
    flow.close();
  }
}

/** Whether the end was reached before `lengthBytes`. */
async function readUntil(
  lengthBytes: number,
  pieces: Uint8Array[],
  flow: ThrottledRead,
  signal: AbortSignal,
): Promise<boolean> {
  for (let size = pieces.reduce((sum, { length }) => sum + length, 0); size < lengthBytes; ) {
    const piece = await flow.next(signal);
    if (!piece) return true;
    pieces.push(piece);
    size += piece.length;
  }
  return false;
}

/** Layout of a file; its end is read only where that costs nothing. Errors: as `readHead`. */
export async function readLayout(
  bytes: SoundBytes,
  { head, format }: { readonly head: Buffer; readonly format: Format },
  inspect: Inspect,
  signal: AbortSignal,
): Promise<SoundLayout> {
  const { jumps, sizeBytes } = bytes;
  const readsEnd = format === 'ogg' && jumps === 'any' && sizeBytes !== undefined;
  const endBytes = 2 * longestPageBytes;
  const tail = readsEnd
    ? await readSome(bytes, Math.max(0, sizeBytes - endBytes), endBytes, signal)
    : undefined;
  const { layout } = await inspect({ kind: 'layout', format, head, tail, sizeBytes }, signal);
  return layout;
}
