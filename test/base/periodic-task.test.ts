import type { AlertChange } from '#src/base/alerts.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';
import { type PeriodicTask, runPeriodically } from '#src/base/loops/periodic-task.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';

/** A task that runs; `round` gets the number of the round. */
function startTask(
  round: (n: number) => unknown,
  overrides: Partial<PeriodicTask> = {},
) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const reported: AlertChange[] = [];
  const atMs: number[] = [];
  const runRound = () => {
    atMs.push(clock.nowMs());
    return round(atMs.length);
  };
  const task = {
    name: 'a test',
    clock,
    everyMs: 10_000,
    run: runRound,
    report: (change: AlertChange) => void reported.push(change),
    ...overrides,
  };
  return {
    clock,
    over: abort,
    reported,
    atMs,
    ended: runPeriodically(task, abort.signal),
  };
}

test.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broken'))],
])(
  'a round that %s does not end the task: its pauses grow to a minute',
  async (_, fail) => {
    const { clock, atMs } = startTask(fail);
    await clock.advance(250_000);
    expect(atMs).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243].map((s) => 1_000 * s));
  },
);

test('a task ends with its signal, in a pause, before its first round or in a round, and leaves no timer', async () => {
  const inPause = startTask(() => undefined);
  const atFirst = startTask(() => undefined, { initialDelayMs: 1_000 });
  const inRound = startTask(() => waitUntilSettled());
  const whileFailing = startTask(() => Promise.reject(new Error('broken')));
  await inPause.clock.advance(10);
  await whileFailing.clock.advance(10);
  for (const { over, ended, clock } of [inPause, atFirst, inRound, whileFailing]) {
    over.abort(new Error('closed'));
    await ended;
    expect(clock.sleeping).toBe(0);
  }
  expect(atFirst.atMs).toEqual([]);
});

test('a task that fails again and again is reported once, and once when it succeeds', async () => {
  const { clock, reported } = startTask((n) => {
    if (n <= 3) throw new Error('broken');
  });
  await clock.advance(60_000);
  expect(reported.map(({ state }) => state)).toEqual(['raised', 'cleared']);
});

test('a wakeup ends a pause, but not the pause after a failure', async () => {
  const clock = new VirtualClock();
  const wakeup = new Wakeup(clock);
  const { atMs } = startTask(
    (n) => {
      if (n === 2) throw new Error('broken');
    },
    { clock, wakeup, everyMs: () => Number.POSITIVE_INFINITY },
  );
  await waitUntilSettled();
  for (let times = 0; times < 2; times++) {
    wakeup.wake();
    await waitUntilSettled();
  }
  expect(atMs).toHaveLength(2);
  await clock.advance(1_000);
  expect(atMs).toHaveLength(3);
});
