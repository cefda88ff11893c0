import { readdir, readFile } from 'node:fs/promises';
import type { Measures } from '#bench/chaos/order.ts';

/** State of one bot process at one instant. */
export type Health = {
  readonly atMs: number;
  readonly pid: number;
  readonly residentMb: number;
  /** Open files, sockets and pipes. */
  readonly handles: number;
  readonly threads: number;
};

/** Undefined where the system does not tell in /proc, or the process has ended. */
export async function healthOf(pid: number, atMs: number): Promise<Health | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const handles = (await readdir(`/proc/${pid}/fd`)).length;
    const figure = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
    return {
      atMs,
      pid,
      handles,
      residentMb: figure('VmRSS') / 1_024,
      threads: figure('Threads'),
    };
  } catch {
    return undefined;
  }
}

/** Least squares over what one process held, in megabytes an hour; undefined with less than three readings. */
export function slopeMbPerHour(
  readings: readonly { readonly atMs: number; readonly mb: number }[],
): number | undefined {
  if (readings.length < 3) return undefined;
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const atMs = mean(readings.map((reading) => reading.atMs));
  const mb = mean(readings.map((reading) => reading.mb));
  const [both, square] = readings.reduce(
    ([product, squares], reading) => {
      const overMs = reading.atMs - atMs;
      return [product + overMs * (reading.mb - mb), squares + overMs * overMs];
    },
    [0, 0],
  );
  return square === 0 ? undefined : (both / square) * 3_600_000;
}

/** More of one kind than at the start that may be open by chance once everybody has left: a socket that closes, a timer. */
const mostLeft = 2;
/** More memory, in MB, that may be held once everybody has left: caches that fill once. */
const mostHeldMb = 24;

/** Heap and external memory without compiled code, in MB. */
export function heldMb({ heapBytes, codeBytes, externalBytes }: Measures): number {
  return (heapBytes - codeBytes + externalBytes) / 2 ** 20;
}

export type Remainder = {
  /** Kind and number of each that is open at the end and was not at the start: `Timeout +3`. */
  readonly handles: readonly string[];
  readonly memoryMb: number;
  /** Sentences about what is more than may be left. */
  readonly leaks: readonly string[];
};

/** Handles and memory that the bot still holds at the end and did not hold at the start. */
export function remainderOf(start: Measures, end: Measures): Remainder {
  const kinds = [...new Set([...Object.keys(start.resources), ...Object.keys(end.resources)])];
  const more = kinds.map((kind) => {
    return [kind, (end.resources[kind] ?? 0) - (start.resources[kind] ?? 0)] as const;
  });
  const listeners = ['listeners', end.listeners - start.listeners] as const;
  const left = [...more, listeners].filter(([, count]) => count > 0);
  const memoryMb = heldMb(end) - heldMb(start);
  const leaks = left.filter(([, count]) => count > mostLeft).map(shown);
  if (memoryMb > mostHeldMb) leaks.push(`${memoryMb.toFixed(1)} MB`);
  return { handles: left.map(shown), memoryMb, leaks };
}

function shown([kind, count]: readonly [string, number]): string {
  return `${kind} +${count}`;
}
