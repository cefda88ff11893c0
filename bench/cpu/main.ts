// npm run bench:cpu [-- --steps 0,1,4,16,40] [--minutes 1] [--warmup 2] [--part channels,talkers,memory] [--bot DIR --bot DIR]
// 30 minutes with the defaults, of which `talkers` takes 4; to try it: --warmup 0.1 --minutes 0.2 --steps 0,1.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { residentMb } from '#bench/processes/threads.ts';
import { table } from '#bench/table.ts';
import { realClock } from '#src/base/clock.ts';
import { openCpuSetup } from './cpu-setup.ts';
import { cpuReport } from './report.ts';
import {
  type CpuReading,
  type CpuRow,
  channelRows,
  readRow,
  settleMs,
  talkerRows,
  talkQuietMs,
} from './rows.ts';
import { disturbance, usedUp } from './verdict.ts';

const { values } = parseArgs({
  options: {
    /** Numbers of channels. */
    steps: { type: 'string', default: '0,1,4,16,40' },
    /** Minutes of each reading. */
    minutes: { type: 'string', default: '1' },
    /** Minutes of the same load before each reading. */
    warmup: { type: 'string', default: '2' },
    /** Default: `channels,talkers`; `memory`, idle and after ten readings of talk, takes 11 minutes. */
    part: { type: 'string', default: 'channels,talkers' },
    /** Checkouts with modules of their own, measured at the same time, each beside the first; default: this one. */
    bot: { type: 'string', multiple: true },
    /** `NODE_OPTIONS` of the bots, for a profile: `bench/README.md`. */
    'node-options': { type: 'string', default: '' },
  },
});
const options = { minutes: Number(values.minutes), warmUpMinutes: Number(values.warmup) };
const checkouts = (values.bot ?? [`${import.meta.dirname}/../..`]).map((path) => resolve(path));
const idleMs = 60_000;
const orderMs = 60_000;
const never = new AbortController().signal;
const known = ['channels', 'talkers', 'memory'];
const parts = values.part.split(',');

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
for (const part of parts) if (!known.includes(part)) throw new Error(`There is no part ${part}.`);
console.log('CPU and memory of the bot: compare only figures of one run.');
if (parts.includes('channels')) await measure(channelRows(values.steps.split(',').map(Number)));
if (parts.includes('talkers')) await measure(talkerRows);
if (parts.includes('memory')) await measureMemory();

/** Ends where the bench itself has used the machine up, or a row failed. */
async function measure(rows: readonly CpuRow[]): Promise<void> {
  await using setup = await openCpuSetup(checkouts, values['node-options']);
  await realClock.sleep(settleMs, never);
  const readings: CpuReading[] = [];
  try {
    for (const row of rows) {
      const reading = await readRow(setup, row, options);
      readings.push(reading);
      console.log(`${row.name}: ${reading.bots.map(({ cpu }) => cpu.toFixed(2)).join(', ')} s/min`);
      if (!disturbance(reading.machine) && reading.bots.some(usedUp)) break;
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  console.log(`\n${cpuReport(readings)}\n`);
}

/** Resident memory by the system, without any module or flag beside those of `npm start`. */
async function measureMemory(): Promise<void> {
  await using setup = await openCpuSetup(checkouts, values['node-options']);
  const read = () => Promise.all(setup.bots.map(({ bot }) => residentMb(bot.pid)));
  await realClock.sleep(idleMs, never);
  const idle = await read();
  const talkMinutes = 10 * options.minutes;
  await Promise.all(
    setup.bots.map(async ({ people }) => {
      await people.ask({ do: 'call', channels: 1 }, orderMs);
      await people.ask({ do: 'converse', channels: 1, quietMs: talkQuietMs }, orderMs);
    }),
  );
  await realClock.sleep(talkMinutes * 60_000, never);
  const after = await read();
  const rows = setup.bots.map(({ label }, n) => [
    label,
    ...[idle, after].map((all) => (all[n] ?? Number.NaN).toFixed(1)),
  ]);
  const heads = ['resident MB', `idle, ${idleMs / 1_000} s`, `${talkMinutes} min of talk`];
  console.log(`\n${table(heads, rows)}`);
}
