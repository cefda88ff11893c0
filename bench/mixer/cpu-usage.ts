import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** CPU time since the start, in ms. */
type CpuTimes = {
  /** Time of the calling thread. */
  readonly threadMs: number;
  /** Time of all threads of this process. */
  readonly processMs: number;
  /** Time of its child processes, those that have ended among them; 0 where the system does not tell. */
  readonly childrenMs: number;
  /** Time of everything on this machine. */
  readonly machineMs: number;
  readonly atMs: number;
};

/** Linux counts CPU time of processes in hundredths of a second. */
const tickMs = 10;
/** Share of one core that other programs may take before figures mean nothing. */
const mostOthers = 0.5;

/** CPU time used between two instants, in ms, and whether the figures are valid. */
export type CpuUsage = Pick<CpuTimes, 'threadMs' | 'processMs' | 'childrenMs'> & {
  /** Why the figures mean nothing; undefined where they do. */
  readonly disturbed: string | undefined;
};

export function cpuTimes(): CpuTimes {
  const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()];
  return {
    threadMs: (thread.user + thread.system) / 1000,
    processMs: (all.user + all.system) / 1000,
    childrenMs: childrenMs(),
    machineMs: cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0),
    atMs: performance.now(),
  };
}

export function usedSince(before: CpuTimes): CpuUsage {
  const after = cpuTimes();
  const [threadMs, processMs] = [
    after.threadMs - before.threadMs,
    after.processMs - before.processMs,
  ];
  const children = after.childrenMs - before.childrenMs;
  const wallMs = after.atMs - before.atMs;
  const others = (after.machineMs - before.machineMs - processMs - children) / wallMs;
  const disturbed =
    others > mostOthers
      ? `other programs took ${(100 * others).toFixed(0)} % of a core`
      : undefined;
  return { threadMs, processMs, childrenMs: children, disturbed };
}

/** By /proc, since Node tells only of its own process. */
function childrenMs(): number {
  try {
    const alive = readdirSync('/proc/self/task')
      .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'latin1').split(' '))
      .filter((id) => id !== '')
      .reduce((sum, id) => sum + ticks(id, 14) + ticks(id, 15), 0);
    return (alive + ticks('self', 16) + ticks('self', 17)) * tickMs;
  } catch {
    return 0;
  }
}

/** A field of /proc/ID/stat, counted from 1: 14 and 15 are the time of a process, 16 and 17 of its children that ended. */
function ticks(id: string, field: number): number {
  const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
  const behindName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(behindName[field - 3]);
}
