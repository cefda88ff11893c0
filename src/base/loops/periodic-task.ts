import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import {
  admitError,
  admitSetting,
  type LoggedText,
  writeSentence,
} from '#src/base/logged-text.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';

export type PeriodicTask = {
  /** Name for the operator, as in "expiry of transcripts". */
  readonly name: string;
  readonly clock: Pick<Clock, 'later'>;
  readonly everyMs: number | (() => number);
  readonly initialDelayMs?: number;
  readonly maxRetryDelayMs?: number;
  /** Waking ends the pause after a successful round. */
  readonly wakeup?: Wakeup;
  /** Does one round of the work, and may return a promise. Throws to be retried. */
  readonly run: (signal: AbortSignal) => unknown;
  /** Called once when rounds begin to fail, and once when a round succeeds again. */
  readonly report: (change: AlertChange) => void;
};

const minRetryDelayMs = 1_000;
const maxRetryDelayMs = 60_000;

/**
 * Runs `task` in rounds until `signal` is aborted. Failed rounds are retried with exponential
 * backoff. Never rejects, and waits for the current round.
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
export async function runPeriodically(
  task: PeriodicTask,
  signal: AbortSignal,
): Promise<void> {
  const { clock, initialDelayMs = 0, wakeup } = task;
  const pause = new Wakeup(clock);
  const endPause = () => {
    pause.wake();
    wakeup?.wake();
  };
  signal.addEventListener('abort', endPause);
  const report = createReporter(task);
  let failures = 0;
  if (initialDelayMs > 0 && !signal.aborted) await pause.wait(initialDelayMs);
  while (!signal.aborted) {
    failures = await runRound(task, failures, report, signal);
    if (signal.aborted) break;
    if (failures > 0) await pause.wait(getRetryDelayMs(failures, task.maxRetryDelayMs));
    else await pauseBetweenRounds(wakeup ?? pause, task.everyMs);
  }
  signal.removeEventListener('abort', endPause);
}

async function runRound(
  { run }: PeriodicTask,
  failures: number,
  report: ReturnType<typeof createReporter>,
  signal: AbortSignal,
) {
  try {
    await run(signal);
  } catch (error) {
    if (failures === 0 && !signal.aborted) report('raised', admitError(error), error);
    return failures + 1;
  }
  if (failures > 0)
    report('cleared', writeSentence`it succeeded after ${failures} failures`);
  return 0;
}

async function pauseBetweenRounds(pause: Wakeup, everyMs: PeriodicTask['everyMs']) {
  const ms = typeof everyMs === 'number' ? everyMs : everyMs();
  if (ms > 0) await pause.wait(ms);
}

function getRetryDelayMs(failures: number, maxDelayMs = maxRetryDelayMs) {
  return Math.min(minRetryDelayMs * 2 ** (failures - 1), maxDelayMs);
}

function createReporter({ name, report }: PeriodicTask) {
  return (state: AlertChange['state'], detail: LoggedText, error?: unknown) => {
    const task = admitSetting(name);
    try {
      report({
        kind: 'alert',
        name: 'task-failing',
        task,
        state,
        cause: writeSentence`${task}: ${detail}`,
        error,
      });
    } catch {
      // A listener that throws must not end the task.
    }
  };
}
