import type { Want } from '#src/sources/decode/decoder.ts';
import type { Inspect } from '#src/sources/decode/inspection.ts';
import type { Format } from '#src/sources/formats/sniff.ts';
import type { SeekPlan } from '#src/sources/opened-sound.ts';
import type { SoundBytes } from '#src/sources/sound-bytes.ts';
import { bisect, readSome } from './bisect.ts';
import type { OggShape, SoundLayout } from './sound-layout.ts';
import { mostOggHeadBytes } from './sound-places.ts';

/** Nearer to the start everything before is passed over sooner than a place is found. */
const nearMs = 20_000;

/** `fLaC`, and the one block every file begins with (RFC 9639, 8.2). */
const flacStartBytes = 42;
/** Byte that marks it as the last block. */
const flacLastAt = 4;

/** Sound decoded and dropped after a seek, in ms, until the decoder is right. */
const oggPreRollMs = 200;
/** Most files have less before their sound. */
const usualOggHeadBytes = 64 * 1024;

/** Properties of a file, known once its first bytes are here. */
type KnownFile = {
  readonly bytes: SoundBytes;
  readonly head: Buffer;
  /** Undefined for formats of ffmpeg. */
  readonly format: Format | undefined;
  readonly layout: SoundLayout;
  readonly inspect: Inspect;
};

/** Plans a seek: a jump where the format and the bytes allow it, else decoding and dropping all that precedes the place. */
export async function seekTo(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan> {
  const forward: SeekPlan = { before: [], fromByte: 0, plan: { want, skipMs: fromMs } };
  if (fromMs <= 0 || known.bytes.jumps !== 'any') return forward;
  return (await jump(known, want, fromMs, signal)) ?? forward;
}

async function jump(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  switch (known.format) {
    case 'wav':
      return jumpWav(known, want, fromMs);
    case 'ogg':
      return fromMs < nearMs ? undefined : await seekOgg(known, want, fromMs, signal);
    case 'flac':
      return fromMs < nearMs ? undefined : await seekFlac(known, want, fromMs, signal);
    default:
      return undefined;
  }
}

function jumpWav({ head, layout }: KnownFile, want: Want, fromMs: number): SeekPlan | undefined {
  if (!layout.wav) return undefined;
  const { dataAt, bytesPerSecond, frameBytes } = layout.wav;
  const frames = Math.round(((fromMs / 1000) * bytesPerSecond) / frameBytes);
  const before = [head.subarray(0, dataAt)];
  return { before, fromByte: dataAt + frames * frameBytes, plan: { want } };
}

/** Seeks by the numbers in frames. Undefined where that is impossible. Errors: those of the bytes. */
async function seekFlac(
  { bytes, head, layout, inspect }: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  const { flac } = layout;
  if (!flac || head.length < flacStartBytes) return undefined;
  const find = async (some: Uint8Array, from: number) =>
    (await inspect({ kind: 'place', layout, bytes: some, from }, signal)).place;
  const found = await bisect(bytes, (fromMs / 1000) * flac.rateHz, find, signal);
  if (!found) return undefined;
  const start = Buffer.from(head.subarray(0, flacStartBytes));
  start.writeUInt8(0x80, flacLastAt);
  const skipMs = fromMs - (found.sample / flac.rateHz) * 1000;
  return { before: [start], fromByte: found.byte, plan: { want, skipMs } };
}

/**
 * Seeks by the positions in pages. Undefined where that is impossible, or the place is near the start. Errors: those of
 * the bytes.
 */
async function seekOgg(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  const { bytes, layout, inspect } = known;
  const { ogg } = layout;
  if (!ogg) return undefined;
  const toMs = (sample: number) => ((sample - ogg.preSkip) / ogg.rateHz) * 1000;
  const sample = ((fromMs - oggPreRollMs) / 1000) * ogg.rateHz + ogg.preSkip;
  const find = async (some: Uint8Array, from: number) =>
    (await inspect({ kind: 'place', layout, bytes: some, from }, signal)).place;
  const found = await bisect(bytes, sample, find, signal);
  const head = found && (await oggHeadOf(known, ogg, signal));
  if (!found || !head) return undefined;
  const skipMs = fromMs - toMs(found.sample);
  return { before: [head], fromByte: found.byte, plan: { want, skipMs } };
}

/** The pages before the first with sound. */
async function oggHeadOf(
  { bytes, inspect }: KnownFile,
  ogg: OggShape,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for (const length of [usualOggHeadBytes, mostOggHeadBytes + 1]) {
    const some = await readSome(bytes, 0, length, signal);
    const { head } = await inspect({ kind: 'ogg-head', ogg, bytes: some }, signal);
    if (typeof head !== 'string') return head;
    if (head === 'too-long' || some.length < length) return undefined;
  }
  return undefined;
}
