import { readFile } from 'node:fs/promises';

/** Of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** What all processors of this machine have done since it was started, in seconds. Source: Linux, proc_stat(5). */
export type MachineTimes = {
  /** In programs and in the kernel for them, whoever's. */
  readonly busySeconds: number;
  /** Taken by the host of this virtual machine. */
  readonly stolenSeconds: number;
};

/** User and system time of all threads of a process, in seconds. Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  return readCpuSeconds(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** The name of a program, in brackets, may hold anything. */
export function readCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Linux only. */
export async function machineTimes(): Promise<MachineTimes> {
  return readMachineTimes(await readFile('/proc/stat', 'utf8'));
}

/** Interrupts are nobody's: what the loopback takes would be counted twice. */
export function readMachineTimes(stat: string): MachineTimes {
  const [, ...fields] = stat.slice(0, stat.indexOf('\n')).split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0] = fields;
  const stolen = fields[7] ?? 0;
  return {
    busySeconds: (user + nice + system) / ticksPerSecond,
    stolenSeconds: stolen / ticksPerSecond,
  };
}
