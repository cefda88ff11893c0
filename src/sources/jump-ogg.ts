import { bisect, type FindPlace } from './bisect.ts';
import type { Want } from './decoder.ts';
import { type OggPage, OggPages } from './ogg-page.ts';
import type { Jump } from './opened-sound.ts';
import { type Known, oggShape } from './sound-length.ts';

/** What precedes the sound; with more, say pictures, a jump is not worth it. */
const mostHeadBytes = 512 * 1024;
/** A decoder is right after so much. */
const preRollMs = 200;

/** By the places pages tell. Undefined where that cannot be, or the place is near the start. Errors: those of the bytes. */
export async function jumpOgg(
  { bytes, head }: Known,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<Jump | undefined> {
  const [first] = new OggPages().push(head);
  const shape = oggShape(first?.pieces[0]);
  if (!first || !shape) return undefined;
  const find: FindPlace = (some, byte) => placeIn(some, byte, first.serial);
  const toMs = (sample: number) => ((sample - shape.preSkip) / shape.rateHz) * 1000;
  const sample = ((fromMs - preRollMs) / 1000) * shape.rateHz + shape.preSkip;
  const found = await bisect(bytes, sample, find, signal);
  const before = found && (await heads(bytes, first.serial, signal));
  if (!found || !before) return undefined;
  return { before, fromByte: found.byte, plan: { want, skipMs: fromMs - toMs(found.sample) } };
}

/** Behind the first page that tells where it ends. */
function placeIn(bytes: Buffer, from: number, serial: number) {
  const pages = new OggPages();
  let at = from;
  for (const page of pages.push(bytes)) {
    at = from + bytes.indexOf(page.bytes, at - from) + page.bytes.length;
    if (page.serial === serial && page.granule !== undefined)
      return { byte: at, sample: page.granule };
  }
  return undefined;
}

/** The pages before the first with sound. */
async function heads(
  bytes: Known['bytes'],
  serial: number,
  signal: AbortSignal,
): Promise<readonly Buffer[] | undefined> {
  const pages = new OggPages();
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of bytes.from(0).all([], signal)) {
    for (const page of pages.push(piece)) {
      if (isSound(page, serial)) return kept;
      kept.push(page.bytes);
      sizeBytes += page.bytes.length;
    }
    if (sizeBytes > mostHeadBytes) return undefined;
  }
  return undefined;
}

/** Pages of heads end at sample 0, or tell of no end (RFC 3533, 6; RFC 7845, 3). */
function isSound({ granule, serial: own }: OggPage, serial: number): boolean {
  return own === serial && granule !== undefined && granule > 0;
}
