import { readdir, readFile } from 'node:fs/promises';
import { sumValues } from '#bench/format-table.ts';

/** CPU time of a thread, and how often it was woken, since it began. */
interface ThreadTimes {
  readonly cpuMs: number;
  readonly wakeUps: number;
}

/** Times of the threads of a process, by thread id. That of the main thread is the process id. */
export type ProcessThreads = ReadonlyMap<number, ThreadTimes>;

/** Resident memory of a bot and of its model process, in MB. */
export interface FamilyMb {
  readonly botMb: number;
  readonly modelsMb: number;
}

/** Adds the memory of both processes, in MB. */
export function addMb({ botMb, modelsMb }: FamilyMb): number {
  return botMb + modelsMb;
}

/** CPU time and wake-ups of all threads of a process between two instants, and those of its main thread. */
export interface ThreadUsage {
  readonly cpuMs: number;
  readonly wakeUps: number;
  readonly mainCpuMs: number;
  readonly mainWakeUps: number;
}

/** Reads the times of all threads of a process. Linux only. Throws where the process has ended. */
export async function readProcessThreads(pid: number): Promise<ProcessThreads> {
  const ids = (await readdir(`/proc/${pid}/task`)).map(Number);
  const threads = await Promise.all(ids.map((id) => readThread(pid, id)));
  return new Map(threads.flat());
}

/** Reads the threads of the children of a process, such as the model process, and of theirs. */
export async function readChildThreads(pid: number): Promise<ProcessThreads> {
  const pids = await listChildIds(pid);
  const families = await Promise.all(pids.map(readFamilyThreads));
  return new Map(families.flatMap((threads) => [...threads]));
}

/** Reads the threads of a process and of its children, such as the model process. */
export async function readFamilyThreads(pid: number): Promise<ProcessThreads> {
  const families = [await readProcessThreads(pid), await readChildThreads(pid)];
  return new Map(families.flatMap((threads) => [...threads]));
}

/** Reads the resident memory of a process and of its children, in MB. Pages that both have are counted twice. Linux only. */
export async function readFamilyMb(pid: number): Promise<FamilyMb> {
  const childIds = await listChildIds(pid);
  const [ownMb, ...childMb] = await Promise.all([
    readResidentMb(pid),
    ...childIds.map((id) => readResidentMb(id)),
  ]);
  return { botMb: ownMb, modelsMb: sumValues(childMb, (mb) => mb) };
}

/** Lists the processes that a process started itself. Linux only. Throws where the process has ended. */
export async function listChildIds(pid: number): Promise<readonly number[]> {
  const ids = await readdir(`/proc/${pid}/task`);
  const children = await Promise.all(
    ids.map((id) => readFile(`/proc/${pid}/task/${id}/children`, 'utf8')),
  );
  return children.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** Measures a process between two instants. Threads that ended in between are not counted. */
export function measureUsage(
  pid: number,
  start: ProcessThreads,
  end: ProcessThreads,
): ThreadUsage {
  const total = { cpuMs: 0, wakeUps: 0, mainCpuMs: 0, mainWakeUps: 0 };
  for (const [id, { cpuMs, wakeUps }] of end) {
    const earlier = start.get(id);
    const newWakeUps = wakeUps - (earlier?.wakeUps ?? 0);
    const newCpuMs = cpuMs - (earlier?.cpuMs ?? 0);
    total.cpuMs += newCpuMs;
    total.wakeUps += newWakeUps;
    if (id !== pid) continue;
    total.mainCpuMs += newCpuMs;
    total.mainWakeUps += newWakeUps;
  }
  return total;
}

/** Reads a number out of the status of a process or thread. NaN where it is missing. Source: Linux, proc(5). */
async function readStatusNumber(folder: string, name: string) {
  const status = await readFile(`/proc/${folder}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** Reads the resident memory of a process in MB: the present one, or the most so far (`VmHWM`). Linux only. Throws where the process has ended. */
export async function readResidentMb(
  pid: number,
  name: 'VmRSS' | 'VmHWM' = 'VmRSS',
): Promise<number> {
  return (await readStatusNumber(`${pid}`, name)) / 1_024;
}

/** Reads user and system time, and voluntary context switches: the thread waited, and was woken. Empty for a thread that has ended meanwhile. */
async function readThread(pid: number, id: number) {
  const folder = `${pid}/task/${id}`;
  try {
    const [nanoseconds] = (await readFile(`/proc/${folder}/schedstat`, 'utf8')).split(
      ' ',
    );
    const wakeUps = await readStatusNumber(folder, 'voluntary_ctxt_switches');
    return [[id, { cpuMs: Number(nanoseconds) / 1e6, wakeUps }] as const];
  } catch {
    return [];
  }
}
