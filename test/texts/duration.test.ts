import { expect, test } from 'vitest';
import { duration, playingTime } from '#src/texts/duration.ts';

test('a duration has seconds below a minute, minutes below an hour, and then both hours and minutes', () => {
  const durationsMs = [45_400, 60_000, 12 * 60_000 + 59_000, 185 * 60_000];
  expect(durationsMs.map(duration)).toEqual(['45 s', '1 min', '12 min', '3 h 5 min']);
});

test('a place in a sound is written as on a clock, before the length where that is known', () => {
  expect(playingTime(40_900, 125_000)).toBe('0:40 / 2:05');
  expect(playingTime(3_661_000)).toBe('1:01:01');
});
