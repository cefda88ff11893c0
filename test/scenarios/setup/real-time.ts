import { readFileSync } from 'node:fs';

/** Share of the time in which this thread could have run and had to wait for a processor; more is no real time. */
const mostWaiting = 0.05;
/** The same of whatever waited longest on this machine: the bot is another process. */
const mostWaitingOfAny = 0.4;
const mostTries = 4;

/** Of this process: how many scenarios are being played, and those that wait to be played alone. */
let playing = 0;
const waiting: (() => void)[] = [];

/**
 * Plays a scenario; one that failed while the machine was too busy for real time is played again, by itself.
 *
 * Everybody speaks 50 packets a second: a machine that keeps all of them waiting cuts sentences in two and answers too
 * late, which proves nothing. Where the system does not tell how long a thread waited, a failure is one at once.
 */
export async function playInRealTime(play: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    const start = { atMs: performance.now(), own: waitedForProcessorMs(), any: anyWaitedMs() };
    try {
      return await counted(play);
    } catch (error) {
      const tookMs = performance.now() - start.atMs;
      const own = (waitedForProcessorMs() - start.own) / tookMs;
      const any = (anyWaitedMs() - start.any) / tookMs;
      const isRealTime = own < mostWaiting && any < mostWaitingOfAny;
      if (tries === mostTries || isRealTime) throw error;
      const percent = [own, any].map((share) => `${Math.round(share * 100)} %`);
      console.log(
        `Played again, for no processor was free ${percent.join(' and ')} of the time: ${error}`,
      );
    }
    await nobodyPlays();
  }
}

async function counted(play: () => Promise<void>): Promise<void> {
  playing++;
  try {
    await play();
  } finally {
    playing--;
    if (playing === 0) waiting.shift()?.();
  }
}

/** Resolves for one after the other. */
async function nobodyPlays(): Promise<void> {
  if (playing > 0) await new Promise<void>((resolve) => waiting.push(resolve));
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

/** In which anything on this machine waited. Source: Linux, Documentation/accounting/psi.rst, "/proc/pressure/cpu". */
function anyWaitedMs(): number {
  try {
    const [, totalUs] =
      /^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8')) ?? [];
    return Number(totalUs ?? 0) / 1000;
  } catch {
    return 0;
  }
}
