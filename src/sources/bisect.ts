import type { SoundBytes } from './sound-bytes.ts';

/** A place that was found: in bytes of the file, and in samples of the sound. */
export type Found = { readonly byte: number; readonly sample: number };

/** The first place in `bytes`, which lie at `byte`, whose sample is told. */
export type FindPlace = (bytes: Buffer, byte: number) => Found | undefined;

/** So much is looked at for one place; an Ogg page has no more. */
const lookBytes = 66_000;
/** Each look halves what is left, or better. */
const mostLooks = 20;
const closeBytes = 132_000;

/**
 * The last place found that does not lie behind `sample`: looks here and there, as often as needed and no further than
 * `mostLooks`. Undefined where none was found. Errors: those of `bytes`. Aborting `signal` throws `signal.reason`.
 */
export async function bisect(
  bytes: SoundBytes,
  sample: number,
  find: FindPlace,
  signal: AbortSignal,
): Promise<Found | undefined> {
  let [low, high] = [0, bytes.sizeBytes ?? 0];
  let best: Found | undefined;
  for (let looks = 0; looks < mostLooks && high - low > closeBytes; looks++) {
    const middle = Math.floor((low + high) / 2);
    const found = find(await read(bytes, middle, signal), middle);
    if (found && found.sample <= sample) {
      best = found;
      low = found.byte;
    } else high = middle;
  }
  return best;
}

async function read(bytes: SoundBytes, from: number, signal: AbortSignal): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of bytes.from(from).all([], signal)) {
    pieces.push(piece);
    sizeBytes += piece.length;
    if (sizeBytes >= lookBytes) break;
  }
  return Buffer.concat(pieces);
}
