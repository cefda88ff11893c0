import type { Want } from '#src/sources/decode/decoder.ts';
import type { SeekPlan } from '#src/sources/opened-sound.ts';
import type { KnownFile } from './known-file.ts';
import { seekFlac } from './seek-flac.ts';
import { seekOgg } from './seek-ogg.ts';

/** Nearer to the start everything before is passed over sooner than a place is found. */
const nearMs = 20_000;

/** How to get to a place of a sound: where its format and its bytes allow it, by a jump, else by passing over what precedes it. */
export async function seekTo(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan> {
  const { bytes, raw } = known;
  const forward: SeekPlan = {
    before: [],
    fromByte: 0,
    plan: { want, skipMs: fromMs, ...(raw && { raw }) },
  };
  if (fromMs <= 0 || bytes.jumps !== 'any') return forward;
  return (await jump(known, want, fromMs, signal)) ?? forward;
}

async function jump(
  known: KnownFile,
  want: Want,
  fromMs: number,
  signal: AbortSignal,
): Promise<SeekPlan | undefined> {
  if (known.raw) return jumpRaw(known, want, fromMs);
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

function jumpRaw({ raw }: KnownFile, want: Want, fromMs: number): SeekPlan | undefined {
  if (!raw) return undefined;
  const frames = Math.round((fromMs / 1000) * raw.rateHz);
  return { before: [], fromByte: frames * raw.channels * 2, plan: { want, raw } };
}

function jumpWav({ head, layout }: KnownFile, want: Want, fromMs: number): SeekPlan | undefined {
  if (!layout.wav) return undefined;
  const { dataAt, bytesPerSecond, frameBytes } = layout.wav;
  const frames = Math.round(((fromMs / 1000) * bytesPerSecond) / frameBytes);
  const before = [head.subarray(0, dataAt)];
  return { before, fromByte: dataAt + frames * frameBytes, plan: { want } };
}
