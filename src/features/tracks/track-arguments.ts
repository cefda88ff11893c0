import type { SeekTarget } from '#src/playback/tracks/track-outcomes.ts';

/** Length, in ms, of a fade for which none is given. */
export const defaultFadeMs = 5_000;
export const maxFadeMs = 600_000;

/** `90` s, `1:30`, `1:02:03`, or relative `+10` and `-1:00`. */
const seekPattern = /^([+-])?(\d{1,2}:)?(\d{1,3}:)?(\d{1,6})$/;
const unitsPerNumber = 60;

/**
 * Parses a place in a sound, as people type it. Undefined for a text that names none.
 *
 * @example
 * import { parseSeekTarget } from '#src/features/tracks/track-arguments.ts';
 *
 * parseSeekTarget('1:30'); // { kind: 'at', ms: 90_000 }
 */
export function parseSeekTarget(typed: string): SeekTarget | undefined {
  const compact = typed.replace(/\s+/g, '').replace('\u2212', '-');
  const [, sign, ...digitGroups] = seekPattern.exec(compact) ?? [];
  const numbers = digitGroups
    .filter((digits) => digits !== undefined)
    .map((digits) => Number.parseInt(digits, 10));
  const [leading, ...smallerUnits] = numbers;
  if (leading === undefined || smallerUnits.some((number) => number >= unitsPerNumber))
    return undefined;
  const seconds = numbers.reduce((sum, number) => sum * unitsPerNumber + number, 0);
  const ms = (sign === '-' ? -1 : 1) * seconds * 1000;
  return { kind: sign === undefined ? 'at' : 'by', ms };
}
