import type { AlertChange } from '#src/base/alerts.ts';
import { Mailbox, Wakeup } from '#src/base/loops/mailbox.ts';
import { type PeriodicTask, runPeriodically } from '#src/base/loops/periodic-task.ts';
import { VirtualClock, waitUntilSettled } from '#test/fakes/virtual-clock.ts';
import { fc } from '#test/properties.ts';

const open = new AbortController().signal;

test('a full box drops its oldest items and counts them', () =>
  fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat()),
      async (limit, items) => {
        const box = new Mailbox<number>(limit);
        for (const item of items) box.put(item);
        box.end();
        expect(await Array.fromAsync(box.read(open))).toEqual(items.slice(-limit));
        expect(box.dropped).toBe(Math.max(0, items.length - limit));
      },
    ),
  ));

test('a box that failed delivers what is inside, then throws that error', async () => {
  const box = new Mailbox<number>(3);
  const error = new Error('the line broke');
  box.put(1);
  box.fail(error);
  box.end();
  const reader = box.read(open);
  expect(await reader.next()).toEqual({ done: false, value: 1 });
  await expect(reader.next()).rejects.toBe(error);
});

test('an aborted reader throws the reason of its signal, waiting or not', async () => {
  const reason = new Error('left');
  await expect(new Mailbox(3).read(AbortSignal.abort(reason)).next()).rejects.toBe(
    reason,
  );
  const leaving = new AbortController();
  const next = new Mailbox(3).read(leaving.signal).next();
  leaving.abort(reason);
  await expect(next).rejects.toBe(reason);
});

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
