import { expect, test } from 'vitest';
import type { RaisedAlert } from '#src/ops/alert-board.ts';
import { Readiness, type ReadinessSources } from '#src/ops/readiness.ts';

/** Readiness of a process that is well, unless `over` says otherwise. */
function readinessOf(over: Partial<ReadinessSources> = {}): Readiness {
  const well = {
    gateway: () => true,
    heldUpMs: () => 3,
    isDraining: () => false,
    raised: () => [],
  };
  return new Readiness({ ...well, ...over });
}

const allOk = ['ok gateway', 'ok store', 'ok event loop'];

test('each check of the process that fails makes it unready, and says why in its line', () => {
  const cause = 'nothing was written for 41 s';
  const readiness = readinessOf({
    gateway: () => false,
    heldUpMs: () => 2_345.6,
    raised: () => [{ name: 'store-unwritten', meaning: '', action: '', cause }],
  });
  expect(readiness.report()).toEqual({
    isReady: false,
    lines: [
      'failed gateway: not connected',
      'failed store: nothing was written for 41 s',
      'failed event loop: the main thread was blocked for 2346 ms',
    ],
  });
});

test('a process that is being stopped is not ready, however well it is', () => {
  const { isReady, lines } = readinessOf({ isDraining: () => true }).report();
  expect(isReady).toBe(false);
  expect(lines).toEqual(['failed draining: the process is being stopped', ...allOk]);
});

test('trouble of one channel or provider is told without ids, and leaves the process ready', () => {
  const raised: readonly RaisedAlert[] = [
    { name: 'link-down', meaning: '', action: '', guildId: '123456', cause: 'no answer for 12 s' },
    { name: 'link-down', meaning: '', action: '', guildId: '654321', cause: 'no answer for 11 s' },
    {
      name: 'event-loop-delayed',
      meaning: '',
      action: '',
      cause: 'the main thread was blocked for 312 ms',
    },
  ];
  const readiness = readinessOf({ raised: () => raised });
  readiness.trouble('chat api.x', 'provider.late');
  readiness.trouble('speech api.y', 'provider.refused');
  readiness.trouble('speech api.y', undefined);
  expect(readiness.report()).toEqual({
    isReady: true,
    lines: [
      ...allOk,
      'trouble link-down: in 2 channels',
      'trouble event-loop-delayed: the main thread was blocked for 312 ms',
      'trouble chat api.x: provider.late',
    ],
  });
});
