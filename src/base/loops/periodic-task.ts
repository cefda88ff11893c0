import type { AlertChange } from '#src/base/alerts.ts';
import type { Clock } from '#src/base/clock.ts';
import { messageOf } from '#src/base/errors.ts';
import { Wakeup } from '#src/base/loops/mailbox.ts';

/** Work in rounds that lasts as long as the process, or a part of it that is opened and closed. */
export type PeriodicTask = {
  /** Name for the operator, as in "expiry of transcripts". */
  readonly name: string;
  readonly clock: Pick<Clock, 'later'>;
  /** Pause in ms from the end of a round to the next one; a function is asked after each round. */
  readonly everyMs: number | (() => number);
  /** Pause in ms before the first round; absent: none. */
  readonly firstAfterMs?: number;
  /** Longest pause in ms after failed rounds; absent: a minute. */
  readonly longestRetryMs?: number;
  /** Ends the pause after a round that succeeded. */
  readonly wakeup?: Wakeup;
  /** One round. It fails by throwing or by a promise that rejects. */
  readonly run: (signal: AbortSignal) => unknown;
  /** Called once for rounds that fail in a row, and once when a round succeeds again. */
  readonly report: (change: AlertChange) => void;
};

/** Pause in ms after the first of several failed rounds; it doubles with each further one, up to the longest. */
const firstRetryMs = 1_000;
const longestRetryMs = 60_000;

/**
 * Runs `task` until `signal` is aborted: a failed round ends nothing, and is retried with a growing pause.
 *
 * Never rejects. A round under way when `signal` is aborted is waited for.
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

/** One round; how many have failed in a row with it. */
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

/** A listener that throws must not end the task. */
function reportOf({ name, report }: PeriodicTask) {
  return (state: AlertChange['state'], why: string, error?: unknown) => {
    try {
      const change = { kind: 'alert', name: 'task-failing', task: name, state } as const;
      report({ ...change, cause: `${name}: ${why}`, error });
    } catch {
      // No other listener is left to be told.
    }
  };
}
