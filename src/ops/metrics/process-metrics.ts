import type { Meters } from './meters.ts';

/** Around a write to a good disk; its deadline is 10 s. */
const writeBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Figures of the process itself: what runs, bugs it outlived, the speed of its store. */
export class ProcessMetrics {
  readonly bugs;
  readonly writes;

  constructor(meters: Meters, version: string) {
    const help = 'Always 1; the labels tell which program runs.';
    const labels = { version, node: process.versions.node };
    meters.gauge('info', help, () => [{ labels, value: 1 }], ['version', 'node']);
    const startedAtS = Math.round(Date.now() / 1000 - process.uptime());
    meters.gauge(
      'start_time_seconds',
      'Start of the process, in seconds since 1970.',
      () => startedAtS,
    );
    const cpu =
      'CPU time of all threads since the start, in seconds; decoders of files are other processes.';
    meters.total('cpu_seconds', cpu, cpuSeconds);
    this.bugs = meters.counter('bugs_survived', 'Bugs that reached the top of the process.');
    this.writes = meters.seconds(
      'store_write',
      'Time until a write to the store was done.',
      writeBuckets,
    );
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
