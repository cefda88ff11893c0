import { expect, test } from 'vitest';
import { endOfDay } from '#src/base/zoned-time.ts';
import { fc } from '#test/properties.ts';

const hourMs = 3_600_000;

test('today ends at the next midnight of the place', () => {
  const afternoonMs = Date.UTC(2026, 10, 20, 16, 25);
  expect(endOfDay(afternoonMs, 'UTC')).toBe(Date.UTC(2026, 10, 21));
  expect(endOfDay(afternoonMs, 'Asia/Tokyo')).toBe(Date.UTC(2026, 10, 21, 15));
  expect(endOfDay(afternoonMs, 'America/Los_Angeles')).toBe(Date.UTC(2026, 10, 21, 8));
});

test('a day on which the clocks change is 23 or 25 hours long', () => {
  const springMs = Date.UTC(2026, 2, 28, 23);
  const autumnMs = Date.UTC(2026, 9, 24, 22);
  expect(endOfDay(springMs, 'Europe/Berlin') - springMs).toBe(23 * hourMs);
  expect(endOfDay(autumnMs, 'Europe/Berlin') - autumnMs).toBe(25 * hourMs);
});

test('a day whose midnight does not exist ends where the next day begins', () => {
  // In Beirut the clocks went from 00:00 to 01:00 on 2024-03-31.
  expect(endOfDay(Date.UTC(2024, 2, 30, 12), 'Asia/Beirut')).toBe(Date.UTC(2024, 2, 30, 22));
});

test('a day before one that a country skipped ends as well', () => {
  // Samoa went from the end of 2011-12-29 straight to 2011-12-31.
  expect(endOfDay(Date.UTC(2011, 11, 30, 2), 'Pacific/Apia')).toBe(Date.UTC(2011, 11, 30, 10));
});

test('at midnight a new day begins', () => {
  const midnightMs = Date.UTC(2026, 10, 21);
  expect(endOfDay(midnightMs - 1, 'UTC')).toBe(midnightMs);
  expect(endOfDay(midnightMs, 'UTC')).toBe(midnightMs + 24 * hourMs);
});

test('today always ends, within 49 hours, on this machine as anywhere', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1.6e12, max: 2.2e12 }), (wallMs) => {
      const endMs = endOfDay(wallMs);
      expect(endMs).toBeGreaterThan(wallMs);
      expect(endMs - wallMs).toBeLessThan(49 * hourMs);
    }),
    { numRuns: 50 },
  );
});
