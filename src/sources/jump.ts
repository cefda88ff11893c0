import type { Want } from './decoder.ts';
import type { Jump } from './opened-sound.ts';
import type { Known } from './sound-length.ts';
import { wavShape } from './wav-shape.ts';

/** How to get to a place of a sound: where its format and its bytes allow it, by a jump, else by passing over what precedes it. */
export async function jumpTo(
  known: Known & { readonly lengthMs: number | undefined },
  want: Want,
  fromMs: number,
  _signal: AbortSignal,
): Promise<Jump> {
  const { bytes, raw } = known;
  const forward: Jump = {
    before: [],
    fromByte: 0,
    plan: { want, skipMs: fromMs, ...(raw && { raw }) },
  };
  if (fromMs <= 0 || bytes.jumps !== 'any') return forward;
  return (raw ? jumpRaw(known, want, fromMs) : jumpWav(known, want, fromMs)) ?? forward;
}

function jumpRaw({ raw }: Known, want: Want, fromMs: number): Jump | undefined {
  if (!raw) return undefined;
  const frames = Math.round((fromMs / 1000) * raw.rateHz);
  return { before: [], fromByte: frames * raw.channels * 2, plan: { want, raw } };
}

function jumpWav({ format, head }: Known, want: Want, fromMs: number): Jump | undefined {
  const shape = format === 'wav' ? wavShape(head) : undefined;
  if (!shape) return undefined;
  const { dataAt, bytesPerSecond, frameBytes } = shape;
  const frames = Math.round(((fromMs / 1000) * bytesPerSecond) / frameBytes);
  const before = [head.subarray(0, dataAt)];
  return { before, fromByte: dataAt + frames * frameBytes, plan: { want } };
}
