import { type OggPage, OggPages } from '#src/audio/ogg-page.ts';
import { flacSample, isFlacHeader } from '#src/sources/formats/flac-frames.ts';
import type { FlacShape, OggShape } from './sound-layout.ts';

/** A place that was found: in bytes of the file, and in samples of the sound. */
export type SoundPlace = { readonly byte: number; readonly sample: number };

/** Longest head of an Ogg file, in bytes, before its sound; with more, say pictures, a jump is not worth it. */
export const mostOggHeadBytes = 512 * 1024;

/** Place behind the first page of an Ogg file that holds its position; `bytes` lie at `from`. Runs in a decoding process. */
export function oggPlace(
  bytes: Buffer,
  from: number,
  { serial }: OggShape,
): SoundPlace | undefined {
  let at = from;
  for (const page of new OggPages().push(bytes)) {
    at = from + bytes.indexOf(page.bytes, at - from) + page.bytes.length;
    if (page.serial === serial && page.granule !== undefined)
      return { byte: at, sample: page.granule };
  }
  return undefined;
}

/** The first frame of a FLAC file in `bytes`, which lie at `from`. Runs in a decoding process. */
export function flacPlace(
  bytes: Buffer,
  from: number,
  { frameSamples }: FlacShape,
): SoundPlace | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const header = bytes.subarray(at);
    if (isFlacHeader(header)) return { byte: from + at, sample: flacSample(header, frameSamples) };
  }
  return undefined;
}

/** The pages of an Ogg file before the first with sound; `more` where that is not among `bytes`. Runs in a decoding process. */
export function oggHead(bytes: Buffer, { serial }: OggShape): Buffer | 'more' | 'too-long' {
  const kept: Buffer[] = [];
  for (const page of new OggPages().push(bytes)) {
    if (isSound(page, serial)) return Buffer.concat(kept);
    kept.push(page.bytes);
  }
  return bytes.length > mostOggHeadBytes ? 'too-long' : 'more';
}

/** Pages of heads end at sample 0, or have no position (RFC 3533, 6; RFC 7845, 3). */
function isSound({ granule, serial: own }: OggPage, serial: number): boolean {
  return own === serial && granule !== undefined && granule > 0;
}
