import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ChaosSetup } from '#bench/chaos/chaos-setup.ts';
import type { ChaosFault } from './fault.ts';

const hourMs = 3_600_000;
const heldMs = 300;
const holds = 4;
const slowDiskMs = 100;

const filler = ({ dataDir }: ChaosSetup) => join(dataDir, 'filler');

const needsDatabase = ({ database }: ChaosSetup) =>
  database ? undefined : 'the store is SQLite: --store postgresql';

/** PostgreSQL: gone with a reset of each connection, or a network that loses every packet. */
const databaseFaults: readonly ChaosFault[] = (['cut', 'swallowed'] as const).map((how) => ({
  name: `database ${how}`,
  kind: 'database',
  skipped: needsDatabase,
  start({ database }) {
    if (how === 'cut') database?.cutAll(true);
    else database?.swallowAll();
  },
  stop: ({ database }) => database?.cutAll(false),
}));

/** The machine: its disk, its clock, its CPU, and the process itself. */
export const machineFaults: readonly ChaosFault[] = [
  ...databaseFaults,
  {
    name: 'disk full',
    kind: 'disk',
    skipped: ({ hasSmallDisk }) =>
      hasSmallDisk ? undefined : 'only somebody who may mount a tmpfs can fill a disk',
    start: (setup) => fill(filler(setup)),
    stop: (setup) => rm(filler(setup), { force: true }),
  },
  {
    name: 'disk slow',
    kind: 'disk',
    start: ({ send }) => send({ do: 'disk', delayMs: slowDiskMs }),
    stop: ({ send }) => send({ do: 'disk', delayMs: 0 }),
  },
  ...[hourMs, -hourMs].map(
    (offsetMs): ChaosFault => ({
      name: `clock ${offsetMs > 0 ? 'an hour ahead' : 'an hour behind'}`,
      kind: 'clock',
      start: ({ send }) => send({ do: 'clock', offsetMs }),
      stop: ({ send }) => send({ do: 'clock', offsetMs: 0 }),
    }),
  ),
  {
    name: 'event loop held 300 ms',
    kind: 'loop',
    async start({ send }) {
      for (let n = 0; n < holds; n++) {
        send({ do: 'hold', forMs: heldMs });
        await wait(3 * heldMs);
      }
    },
  },
  {
    name: 'process stopped and continued',
    kind: 'process',
    start: ({ bot }) => signal(bot.pid, 'SIGSTOP'),
    stop: ({ bot }) => signal(bot.pid, 'SIGCONT'),
  },
  ...(['SIGTERM', 'SIGKILL'] as const).map(
    (how): ChaosFault => ({
      name: `${how} and start`,
      kind: 'process',
      start: ({ end }) => end(how),
      async stop({ start }, crowd) {
        crowd.restarted();
        await start();
      },
    }),
  ),
];

/** Until nothing fits any more. */
async function fill(path: string): Promise<void> {
  for (const bytes of [2 ** 20, 2 ** 14, 2 ** 12]) {
    for (;;) {
      try {
        await writeFile(path, new Uint8Array(bytes), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile; whoever expected it alive will say so.
  }
}
