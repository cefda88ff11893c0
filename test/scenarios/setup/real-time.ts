import { readFileSync } from 'node:fs';

/** Share of the time in which this thread could have run and had to wait for a processor; more is no real time. */
const mostWaiting = 0.05;
const mostTries = 3;

/**
 * Plays a scenario; once it has failed while the machine was too busy for real time, again.
 *
 * Everybody speaks 50 packets a second: a machine that keeps all of them waiting cuts sentences in two and answers too
 * late, which proves nothing. Where the system does not tell how long a thread waited, a failure is one at once.
 */
export async function playInRealTime(play: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const [startedMs, waitedMs] = [performance.now(), waitedForProcessorMs()];
    try {
      return await play();
    } catch (error) {
      const waiting = (waitedForProcessorMs() - waitedMs) / (performance.now() - startedMs);
      if (tries === mostTries || waiting < mostWaiting) throw error;
      console.log(
        `Played again, for ${Math.round(waiting * 100)} % of the time no processor was free: ${error}`,
      );
    }
  }
}

/** Of this thread since it began. Source: Linux, Documentation/scheduler/sched-stats.rst, "/proc/<pid>/schedstat". */
function waitedForProcessorMs(): number {
  try {
    const [, waitedNs] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
