import { Readiness, type ReadinessDeps } from '#src/ops/readiness.ts';

/** Readiness of a process that is well, unless `over` says otherwise. */
function readinessOf(overrides: Partial<ReadinessDeps> = {}) {
  const well = {
    isConnected: () => true,
    getLoopDelayMs: () => 3,
    isDraining: () => false,
    listAlerts: () => [],
  };
  return new Readiness({ ...well, ...overrides });
}

test('each check of the process that fails makes it unready, and says why in its line', () => {
  const cause = 'nothing was written for 41 s';
  const readiness = readinessOf({
    isConnected: () => false,
    getLoopDelayMs: () => 2_345.6,
    listAlerts: () => [{ name: 'store-unwritten', meaning: '', action: '', cause }],
  });
  expect(readiness.report()).toEqual({
    isReady: false,
    lines: [
      'ok process',
      'failed gateway: not connected',
      'failed store: nothing was written for 41 s',
      'failed event loop: the main thread was blocked for 2346 ms',
    ],
  });
});

test('a process that is being stopped is not ready, however well it is', () => {
  const { isReady, lines } = readinessOf({ isDraining: () => true }).report();
  expect(isReady).toBe(false);
  expect(lines).toEqual([
    'failed process: it is being stopped',
    'ok gateway',
    'ok store',
    'ok event loop',
  ]);
});
