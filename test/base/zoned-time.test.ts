import { expect, test } from 'vitest';
import { instantOf, isTimeZone, localTime } from '#src/base/zoned-time.ts';
import { fc, runs } from '#test/properties.ts';

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
const at = (year: number, month: number, day: number, hour: number, minute = 0) => {
  return { year, month, day, hour, minute, second: 0 };
};

test('a time that clocks show is the instant at which they show it, in every zone', () => {
  const someSecond = fc.integer({ min: 0, max: 4_102_444_800 }).map((seconds) => seconds * 1000);
  fc.assert(
    fc.property(someSecond, fc.constantFrom(...zones), (wallMs, zone) => {
      const shown = localTime(wallMs, zone);
      const back = instantOf(shown, zone);
      expect(localTime(back, zone)).toEqual(shown);
      expect(back).toBeLessThanOrEqual(wallMs); // the first of two
    }),
    { numRuns: runs(300) },
  );
});

test('half past two on the night when clocks are put forward is half past three', () => {
  const instant = instantOf(at(2026, 3, 29, 2, 30), 'Europe/Berlin');
  expect(localTime(instant, 'Europe/Berlin')).toEqual(at(2026, 3, 29, 3, 30));
});

test('half past two on the night when clocks are put back is the first of the two', () => {
  const instant = instantOf(at(2026, 10, 25, 2, 30), 'Europe/Berlin');
  expect(new Date(instant).toISOString()).toBe('2026-10-25T00:30:00.000Z');
});

test('a day past the end of a month is one of the next', () => {
  const instant = instantOf(at(2026, 11, 31, 9), 'UTC');
  expect(new Date(instant).toISOString()).toBe('2026-12-01T09:00:00.000Z');
});

test('a name is a time zone where machines know one of that name', () => {
  expect(['Europe/Berlin', 'utc', 'Asia/Calcutta'].map(isTimeZone)).toEqual([true, true, true]);
  expect(['', 'Berlin', 'Mars/Olympus', '../etc'].map(isTimeZone)).toEqual(Array(4).fill(false));
});
