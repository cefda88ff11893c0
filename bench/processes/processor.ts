import { readFile } from 'node:fs/promises';

/** Ticks of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Time of all processors of this machine since it was started, in seconds. Source: Linux, proc_stat(5). */
export type MachineTimes = {
  /** In programs and in the kernel for them, whoever's. */
  readonly busySeconds: number;
  /** Taken by the host of this virtual machine. */
  readonly stolenSeconds: number;
};

/** Linux only. */
export async function machineTimes(): Promise<MachineTimes> {
  return readMachineTimes(await readFile('/proc/stat', 'utf8'));
}

/** Interrupts are nobody's: what the loopback takes would be counted twice. */
function readMachineTimes(stat: string): MachineTimes {
  const [, ...fields] = stat.slice(0, stat.indexOf('\n')).split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0] = fields;
  const stolen = fields[7] ?? 0;
  return {
    busySeconds: (user + nice + system) / ticksPerSecond,
    stolenSeconds: stolen / ticksPerSecond,
  };
}
