import { gainOf } from './gain.ts';

/**
 * Loudness to which sounds of the library are levelled, in LUFS: 6 LU above the standard of broadcasters, about that of
 * synthesizers, and far enough below full scale for peaks of music.
 */
export const targetLufs = -20;

/** Limits of the gain, in dB, up and down: very quiet sound is quiet on purpose, and no sound needs less gain. */
const mostUpDb = 12;
const mostDownDb = 24;

/** Gain that brings a sound of this loudness to that of all; a link or attachment, which nobody has measured, stays as it is. */
export function levellingGain(lufs: number | undefined): number {
  if (lufs === undefined) return 1;
  return gainOf(Math.max(-mostDownDb, Math.min(mostUpDb, targetLufs - lufs)));
}
