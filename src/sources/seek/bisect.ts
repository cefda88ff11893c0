import type { SoundBytes } from '#src/sources/sound-bytes.ts';
import type { SoundPlace } from './sound-places.ts';

/** Finds the first place in `bytes`, which lie at `byte`, that tells its sample number. */
export type FindPlace = (bytes: Uint8Array, byte: number) => Promise<SoundPlace | undefined>;

/** Bytes read to find one place; an Ogg page has no more. */
const readBytes = 66_000;
/** Most reads: each halves the rest, or better. */
const mostReads = 20;
const closeBytes = 132_000;

/**
 * The last place found that does not lie behind `sample`: looks here and there, as often as needed and no further than
 * `mostReads`. Undefined where none was found. Errors: those of `bytes` and `find`. Aborting `signal` throws `signal.reason`.
 */
export async function bisect(
  bytes: SoundBytes,
  sample: number,
  find: FindPlace,
  signal: AbortSignal,
): Promise<SoundPlace | undefined> {
  let [low, high] = [0, bytes.sizeBytes ?? 0];
  let best: SoundPlace | undefined;
  for (let reads = 0; reads < mostReads && high - low > closeBytes; reads++) {
    const middle = Math.floor((low + high) / 2);
    const found = await find(await readSome(bytes, middle, readBytes, signal), middle);
    if (found && found.sample <= sample) {
      best = found;
      low = found.byte;
    } else high = middle;
  }
  return best;
}

/**
 * Reads at least `lengthBytes` from `from` on, as far as there are any. Errors: those of `bytes`. Aborting `signal`
 * throws `signal.reason`.
 */
export async function readSome(
  bytes: SoundBytes,
  from: number,
  lengthBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of bytes.from(from).all([], signal)) {
    pieces.push(piece);
    sizeBytes += piece.length;
    if (sizeBytes >= lengthBytes) break;
  }
  return Buffer.concat(pieces);
}
