import type { Want } from '#src/sources/decode/decoder.ts';
import type { SeekPlan } from '#src/sources/opened-sound.ts';
import { bisect, readSome } from './bisect.ts';
import type { KnownFile } from './known-file.ts';
import type { OggShape } from './sound-layout.ts';
import { mostOggHeadBytes } from './sound-places.ts';

/** Sound decoded and dropped after a seek, in ms, until the decoder is right. */
const preRollMs = 200;
/** Most files have less before their sound. */
const usualHeadBytes = 64 * 1024;

/** By the places pages tell. Undefined where that cannot be, or the place is near the start. Errors: those of the bytes. */
export async function seekOgg(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  const { bytes, layout, inspect } = known;
  const { ogg } = layout;
  if (!ogg) return undefined;
  const toMs = (sample: number) => ((sample - ogg.preSkip) / ogg.rateHz) * 1000;
  const sample = ((fromMs - preRollMs) / 1000) * ogg.rateHz + ogg.preSkip;
  const find = async (some: Uint8Array, from: number) =>
    (await inspect({ kind: 'place', layout, bytes: some, from }, signal)).place;
  const found = await bisect(bytes, sample, find, signal);
  const head = found && (await headOf(known, ogg, signal));
  if (!found || !head) return undefined;
  const skipMs = fromMs - toMs(found.sample);
  return { before: [head], fromByte: found.byte, plan: { want, skipMs } };
}

/** The pages before the first with sound. */
async function headOf(
  { bytes, inspect }: KnownFile,
  ogg: OggShape,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for (const length of [usualHeadBytes, mostOggHeadBytes + 1]) {
    const some = await readSome(bytes, 0, length, signal);
    const { head } = await inspect({ kind: 'ogg-head', ogg, bytes: some }, signal);
    if (typeof head !== 'string') return head;
    if (head === 'too-long' || some.length < length) return undefined;
  }
  return undefined;
}
