import { readdir, readFile } from 'node:fs/promises';

/** CPU time and wake-ups of one thread since it was started. Source: Linux, proc(5). */
export type ThreadTimes = {
  /** User and system time, in ms. */
  readonly cpuMs: number;
  /** Voluntary context switches: the thread waited, and was woken. */
  readonly wakeUps: number;
};

/** Times of all threads of a process, by thread id; that of the main thread is the process id. */
export type ProcessThreads = ReadonlyMap<number, ThreadTimes>;

/** CPU time of a process's threads between two instants. */
export type ThreadUsage = {
  readonly cpuMs: number;
  readonly wakeUps: number;
  readonly mainWakeUps: number;
};

/** Linux only. Errors: where the process has ended. */
export async function readProcessThreads(pid: number): Promise<ProcessThreads> {
  const ids = (await readdir(`/proc/${pid}/task`)).map(Number);
  const threads = await Promise.all(ids.map((id) => readThread(pid, id)));
  return new Map(threads.flat());
}

/** Reads the threads of a process and of its children, such as the model process. */
export async function readFamilyThreads(pid: number): Promise<ProcessThreads> {
  const ids = await readdir(`/proc/${pid}/task`);
  const children = await Promise.all(
    ids.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8')),
  );
  const pids = children.flatMap((line) => line.split(' ').filter(Boolean).map(Number));
  const families = await Promise.all([
    readProcessThreads(pid),
    ...pids.map(readFamilyThreads),
  ]);
  return new Map(families.flatMap((threads) => [...threads]));
}

/** Threads that ended in between are not counted. */
export function measureUsage(
  pid: number,
  before: ProcessThreads,
  after: ProcessThreads,
): ThreadUsage {
  const total = { cpuMs: 0, wakeUps: 0, mainWakeUps: 0 };
  for (const [id, { cpuMs, wakeUps }] of after) {
    const former = before.get(id);
    const woken = wakeUps - (former?.wakeUps ?? 0);
    total.cpuMs += cpuMs - (former?.cpuMs ?? 0);
    total.wakeUps += woken;
    if (id === pid) total.mainWakeUps += woken;
  }
  return total;
}

/** CPU time of a thread, in ms, out of `/proc/PID/task/TID/schedstat`, which counts nanoseconds. */
function parseCpuMs(schedstat: string): number {
  return Number(schedstat.split(' ')[0]) / 1e6;
}

/** A number out of `/proc/PID/status` or that of a thread; NaN where it is missing. */
function parseStatusNumber(
  status: string,
  name: 'VmRSS' | 'voluntary_ctxt_switches',
): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** Resident memory of a process, in MB. Linux only. */
export async function readResidentMb(pid: number): Promise<number> {
  return (
    parseStatusNumber(await readFile(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / 1_024
  );
}

/** Empty for a thread that has ended meanwhile. */
async function readThread(pid: number, id: number): Promise<[number, ThreadTimes][]> {
  const folder = `/proc/${pid}/task/${id}`;
  try {
    const [schedstat, status] = await Promise.all([
      readFile(`${folder}/schedstat`, 'utf8'),
      readFile(`${folder}/status`, 'utf8'),
    ]);
    const wakeUps = parseStatusNumber(status, 'voluntary_ctxt_switches');
    return [[id, { cpuMs: parseCpuMs(schedstat), wakeUps }]];
  } catch {
    return [];
  }
}
