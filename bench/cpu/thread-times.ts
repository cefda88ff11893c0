import { readdir, readFile } from 'node:fs/promises';

type ProcessThreads = Awaited<ReturnType<typeof readProcessThreads>>;

/** Times of all threads of a process, by thread id; that of the main thread is the process id. Linux only. Errors: where the process has ended. */
export async function readProcessThreads(pid: number) {
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

/** CPU time of a process's threads between two instants. Threads that ended in between are not counted. */
export function measureUsage(
  pid: number,
  before: ProcessThreads,
  after: ProcessThreads,
) {
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

/** A number out of the status of a process or thread; NaN where it is missing. Source: Linux, proc(5). */
async function readStatusNumber(folder: string, name: string) {
  const status = await readFile(`/proc/${folder}/status`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** Resident memory of a process, or the most so far, in MB. Linux only. */
export async function readResidentMb(pid: number, name: 'VmRSS' | 'VmHWM' = 'VmRSS') {
  return (await readStatusNumber(`${pid}`, name)) / 1_024;
}

/** User and system time, and voluntary context switches: the thread waited, and was woken. Empty for a thread that has ended meanwhile. */
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
