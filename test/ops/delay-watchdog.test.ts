import { expect, test } from 'vitest';
import { DelayWatchdog } from '#src/ops/metrics/loop-delay.ts';

/** Reports of a watchdog about these delays, one a second. */
function reportOf(...delaysMs: readonly number[]) {
  const watchdog = new DelayWatchdog();
  return delaysMs.flatMap((delayMs, second) => {
    const change = watchdog.step(delayMs, second * 1_000);
    return change ? [[second, change.state, change.cause]] : [];
  });
}

const calm = (seconds: number) => Array.from({ length: seconds }, () => 5);

test('a main thread that stood still for more than 100 ms is told with its delay, and once', () => {
  expect(reportOf(5, 100, 312.4, 900, 5)).toEqual([
    [2, 'raised', 'the main thread was blocked for 312 ms'],
  ]);
});

test('the alert is over after a quiet minute, and says how bad it was', () => {
  const cause = 'at most 100 ms for a minute; the worst had been 900 ms';
  expect(reportOf(200, 900, ...calm(59), 120, ...calm(70), 150)).toEqual([
    [0, 'raised', 'the main thread was blocked for 200 ms'],
    [121, 'cleared', cause],
    [132, 'raised', 'the main thread was blocked for 150 ms'],
  ]);
});
