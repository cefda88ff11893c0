import type { SeekTarget } from '#src/playback/tracks/track-outcomes.ts';

/** Duration, in ms, of a fade for which none is given. */
export const defaultFadeMs = 5_000;
/** Longest fade, in ms. */
export const maxFadeMs = 600_000;

/** A place in a sound as people write it: `90` s, `1:30`, `1:02:03`, or `+10` and `-1:00` from where it is. */
const placePattern = /^([+-])?(\d{1,2}:)?(\d{1,3}:)?(\d{1,6})$/;
const unitsPerPart = 60;

/** Where that leads; undefined for what is no place, as `1:75`. */
export function parseSeekTarget(typed: string): SeekTarget | undefined {
  const compact = typed.replace(/\s+/g, '').replace('\u2212', '-');
  const [, sign, ...parts] = placePattern.exec(compact) ?? [];
  const numbers = parts
    .filter((part) => part !== undefined)
    .map((part) => Number.parseInt(part, 10));
  const [first, ...rest] = numbers;
  if (first === undefined || rest.some((part) => part >= unitsPerPart)) return undefined;
  const seconds = numbers.reduce((sum, part) => sum * unitsPerPart + part, 0);
  const ms = (sign === '-' ? -1 : 1) * seconds * 1000;
  return { kind: sign === undefined ? 'at' : 'by', ms };
}
