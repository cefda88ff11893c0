import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { messageOf } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';

export type PeriodicTask = {
  /** Name for the operator, as in "expiry of transcripts". */
  readonly name: string;
  readonly clock: Pick<Clock, 'later'>;
  readonly everyMs: number | (() => number);
  readonly firstAfterMs?: number;
  readonly longestRetryMs?: number;
  /** Waking ends the pause after a successful round. */
  readonly wakeup?: Wakeup;
  readonly run: (signal: AbortSignal) => unknown;
  /** Called once when rounds begin to fail, and once when a round succeeds again. */
  readonly report: (change: AlertChange) => void;
};

const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

/**
 * Runs `task` in rounds until `signal` is aborted. A failed round is retried with exponential backoff.
 *
 * Never rejects, and waits for a round that is under way.
 *
 * @example
 * import { realClock } from '#src/base/clock.ts';
 * import { runPeriodically } from '#src/base/loops/periodic-task.ts';
 *
 * const stop = new AbortController();
 * const run = () => stop.abort(); // a round that ends its own task
 * const task = { name: 'cleanup', clock: realClock, everyMs: 60_000, run, report: () => {} };
 * await runPeriodically(task, stop.signal); // undefined
 */
export async function runPeriodically(task: PeriodicTask, signal: AbortSignal): Promise<void> {
  const { clock, firstAfterMs = 0, wakeup } = task;
  const pause = new Wakeup(clock);
  const wake = () => {
    pause.wake();
    wakeup?.wake();
  };
  signal.addEventListener('abort', wake);
  const report = reportOf(task);
  let failures = 0;
  if (firstAfterMs > 0 && !signal.aborted) await pause.wait(firstAfterMs);
  while (!signal.aborted) {
    failures = await failuresAfter(task, failures, report, signal);
    if (signal.aborted) break;
    if (failures > 0) await pause.wait(retryMs(failures, task.longestRetryMs));
    else await paused(wakeup ?? pause, task.everyMs);
  }
  signal.removeEventListener('abort', wake);
}

async function failuresAfter(
  { run }: PeriodicTask,
  failures: number,
  report: ReturnType<typeof reportOf>,
  signal: AbortSignal,
): Promise<number> {
  try {
    await run(signal);
  } catch (error) {
    if (failures === 0 && !signal.aborted) report('raised', messageOf(error), error);
    return failures + 1;
  }
  if (failures > 0) report('cleared', `it succeeded after ${failures} failures`);
  return 0;
}

async function paused(pause: Wakeup, everyMs: PeriodicTask['everyMs']) {
  const ms = typeof everyMs === 'number' ? everyMs : everyMs();
  if (ms > 0) await pause.wait(ms);
}

function retryMs(failures: number, longestMs = longestRetryMs): number {
  return Math.min(firstRetryMs * 2 ** (failures - 1), longestMs);
}

function reportOf({ name, report }: PeriodicTask) {
  return (state: AlertChange['state'], why: string, error?: unknown) => {
    try {
      const change = { kind: 'alert', name: 'task-failing', task: name, state } as const;
      report({ ...change, cause: `${name}: ${why}`, error });
    } catch {
      // A listener that throws must not end the task.
    }
  };
}
