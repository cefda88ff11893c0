import { expect, test } from 'vitest';
import { grown, isLongEnough, least, type MemoryReading } from './readings.ts';

const minuteMs = 60_000;

/** One a minute; `more` is what is held besides, by minute. */
function hour(
  more: (minute: number) => Partial<MemoryReading>,
  minutes = 60,
): readonly MemoryReading[] {
  return Array.from({ length: minutes }, (_, n) => {
    const handles = { timers: 9, listeners: 6, sockets: 8, handles: 60 };
    const still = { residentMb: 150, heldMb: 40, codeMb: 8, ...handles };
    return { atMs: (n + 1) * minuteMs, ...still, ...more(n + 1) };
  });
}

test('what a bot holds for good is the least of 5 minutes, so that a peak is no leak', () => {
  const readings = hour((minute) => ({ heldMb: minute % 5 === 0 ? 40 : 70 }));
  expect(least(readings, 60 * minuteMs, 'heldMb')).toBe(40);
  expect(grown(readings)).toEqual([]);
});

test('growth of more than a megabyte from minute 10 to minute 60 is told', () => {
  expect(grown(hour((minute) => ({ heldMb: 40 + 0.018 * minute })))).toEqual([]);
  expect(grown(hour((minute) => ({ heldMb: 40 + 0.03 * minute })))).toEqual([
    'heldMb: 1.5 more than at minute 10; 1.0 may be',
  ]);
});

test('what is loaded in the first ten minutes is no growth', () => {
  expect(grown(hour((minute) => ({ residentMb: minute < 5 ? 100 : 150 })))).toEqual([]);
});

test('timers, listeners, sockets and files that stay are told, however long it took', () => {
  const figures = ['timers', 'listeners', 'sockets', 'handles'] as const;
  for (const figure of figures) {
    expect(grown(hour((minute) => ({ [figure]: 10 + minute / 10 })))).toHaveLength(1);
  }
});

test('a soak of less than 15 minutes judges nothing', () => {
  const short = hour((minute) => ({ heldMb: 40 * minute }), 14);
  expect(isLongEnough(short)).toBe(false);
  expect(grown(short)).toEqual([]);
});
