// npm run bench -- cpu [--steps 0,1,4,16,40] [--minutes 1] [--warmup 2] [--part channels,talkers,memory] [--bot DIR --bot DIR]
// 30 minutes with the defaults, of which `talkers` takes 4; to try it: --warmup 0.1 --minutes 0.2 --steps 0,1.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureMemory } from '#bench/cpu/memory/memory.ts';
import { realClock } from '#src/base/clock.ts';
import { openCpuSetup } from './cpu-setup.ts';
import { disturbance, usedUp } from './reading.ts';
import { cpuReport } from './report.ts';
import {
  type CpuReading,
  type CpuRow,
  channelRows,
  readRow,
  settleMs,
  talkerRows,
} from './rows.ts';

const { values } = parseArgs({
  options: {
    /** Numbers of channels. */
    steps: { type: 'string', default: '0,1,4,16,40' },
    /** Minutes of each reading. */
    minutes: { type: 'string', default: '1' },
    /** Minutes of the same load before each reading. */
    warmup: { type: 'string', default: '2' },
    /** Default: `channels,talkers`; `memory`, idle and after ten readings of talk, takes 13 minutes. */
    part: { type: 'string', default: 'channels,talkers' },
    /** Checkouts with modules of their own, measured at the same time, each beside the first (`memory`: in turns); default: this one. */
    bot: { type: 'string', multiple: true },
    /** `NODE_OPTIONS` of the bots, for a profile: `bench/README.md`. */
    'node-options': { type: 'string', default: '' },
    /** `memory`: channels in conversation beside the first. */
    further: { type: 'string', default: '4' },
    /** `memory`: seconds until the bot counts as idle. */
    idle: { type: 'string', default: '30' },
    /** `memory`: environment of `npm start` at a shell, without that of container and unit. */
    plain: { type: 'boolean', default: false },
  },
});
const options = { minutes: Number(values.minutes), warmUpMinutes: Number(values.warmup) };
const nodeOptions = { NODE_OPTIONS: values['node-options'] };
const checkouts = (values.bot ?? [`${import.meta.dirname}/../..`]).map((path) => resolve(path));
/** Environment of container and unit: fewer pages stay with the allocator of glibc. */
const asDeployed = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' };
const never = new AbortController().signal;
const known = ['channels', 'talkers', 'memory'];
const parts = values.part.split(',');

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
for (const part of parts) if (!known.includes(part)) throw new Error(`There is no part ${part}.`);
console.log('CPU and memory of the bot: compare only figures of one run.');
if (parts.includes('channels')) await measure(channelRows(values.steps.split(',').map(Number)));
if (parts.includes('talkers')) await measure(talkerRows);
if (parts.includes('memory')) {
  const environment = { ...(values.plain ? {} : asDeployed), ...nodeOptions };
  const figures = { further: Number(values.further), idleS: Number(values.idle), environment };
  for (const checkout of checkouts) {
    console.log(`\n${checkout}`);
    await measureMemory(checkout, { ...figures, minutes: 10 * options.minutes });
  }
}

/** Ends where the bench itself has used the machine up, or a row failed. */
async function measure(rows: readonly CpuRow[]) {
  await using setup = await openCpuSetup(checkouts, nodeOptions);
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
