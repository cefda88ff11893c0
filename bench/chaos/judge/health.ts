import { readdir, readFile } from 'node:fs/promises';
import type { Measures } from '#bench/chaos/order.ts';

/** What one bot process holds at one instant. */
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

/** What is held at the end and was not at the start, by kind: `Timeout +3`. */
export function left(start: Measures, end: Measures): readonly string[] {
  const kinds = [...new Set([...Object.keys(start.resources), ...Object.keys(end.resources)])];
  const more = kinds.map((kind) => {
    return [kind, (end.resources[kind] ?? 0) - (start.resources[kind] ?? 0)] as const;
  });
  const listeners = ['listeners', end.listeners - start.listeners] as const;
  return [...more, listeners]
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} +${count}`);
}
