// npm run bench -- cpu [--steps 0,1,4,16,40] [--people 1,5,15] [--minutes 1] [--warmup 2] [--part channels,memory] [--local ears,voice] [--bot DIR --bot DIR [--pairs 5]] [--save]
// 20 minutes with the defaults; to try it: --warmup 0.1 --minutes 0.2 --steps 0,1.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { saveResult } from '#bench/saved-result.ts';
import { acceptedLoadUrl, type LoadFigures } from './accepted-load.ts';
import { formatCostParts, formatCpuReport, formatPairs } from './cpu-report.ts';
import {
  type CpuReading,
  type CpuRow,
  makeChannelRows,
  makePeopleRows,
  measureRow,
} from './cpu-rows.ts';
import { openCpuSetup } from './cpu-setup.ts';
import { type BotReading, findDisturbance, findExhaustion } from './load-reading.ts';
import { type LocalEngine, measureMemory } from './measure-memory.ts';
import type { FamilyMb } from './thread-times.ts';

const { values } = parseArgs({
  options: {
    /** Numbers of channels. */
    steps: { type: 'string', default: '0,1,4,16,40' },
    /** Numbers of people in one channel, in place of numbers of channels. */
    people: { type: 'string' },
    /** Minutes of each reading. */
    minutes: { type: 'string', default: '1' },
    /** Minutes of the same load before each reading. */
    warmup: { type: 'string', default: '2' },
    /** `memory`, idle and after ten readings of talk, takes 13 minutes. */
    part: { type: 'string', default: 'channels' },
    /** Engines that run in the model process while memory is measured, of `ears,voice`. Default: none, beside the turn model. */
    local: { type: 'string', default: '' },
    /** Checkouts with modules of their own, measured at the same time, each beside the first (`memory`: in turns); default: this one. */
    bot: { type: 'string', multiple: true },
    /** So many readings of each checkout, alone and in turns, whose medians are compared. Default: one of all at the same time. */
    pairs: { type: 'string', default: '0' },
    /** Accepts the figures of the first checkout, which docs/operations.md shows. */
    save: { type: 'boolean', default: false },
  },
});
/** The bot hears all people, and answers each of them. */
const companyEnvironment = { CONSENT_POLICY: 'notice', ADDRESSING: 'always' };
const pairs = Number(values.pairs);
const options = {
  minutes: Number(values.minutes),
  warmUpMinutes: Number(values.warmup),
  isProfiled: pairs === 0,
};
const checkouts = (values.bot ?? [`${import.meta.dirname}/../..`]).map((path) =>
  resolve(path),
);
const localEngines = values.local.split(',').filter(Boolean).map(parseLocalEngine);
const partNames = ['channels', 'memory'];
const chosenParts = values.part.split(',');

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(1));
for (const part of chosenParts)
  if (!partNames.includes(part)) throw new Error(`There is no part ${part}.`);
if (values.save && pairs > 0) throw new Error('--save accepts no --pairs.');
console.log('CPU and memory of the bot: compare only figures of one run.');
const figures: Record<string, LoadFigures> = {};
const measure = pairs === 0 ? measureRows : measurePairs;
if (values.people !== undefined)
  await measure(makePeopleRows(parseNumbers(values.people)), companyEnvironment);
else if (chosenParts.includes('channels'))
  await measure(makeChannelRows(parseNumbers(values.steps)), {});
if (chosenParts.includes('memory')) {
  for (const checkout of checkouts) {
    console.log(`\n${checkout}`);
    const read = await measureMemory(checkout, 10 * options.minutes, localEngines);
    for (const [load, mb] of Object.entries(read))
      if (checkout === checkouts[0]) figures[load] = roundMb(mb);
  }
}
if (values.save) await saveResult(acceptedLoadUrl, figures);

function parseLocalEngine(name: string): LocalEngine {
  if (name === 'ears' || name === 'voice') return name;
  throw new Error(`There is no local engine ${name}: use ears or voice.`);
}

function toLoadFigures(
  { cpu, residentMb }: BotReading,
  disturbance: string | undefined,
): LoadFigures {
  const figures = { cpu: Math.round(cpu * 100) / 100, ...roundMb(residentMb) };
  return disturbance === undefined ? figures : { ...figures, disturbance };
}

function roundMb({ botMb, modelsMb }: FamilyMb): FamilyMb {
  return { botMb: Math.round(botMb), modelsMb: Math.round(modelsMb) };
}

function parseNumbers(list: string) {
  return list.split(',').map(Number);
}

/** Measures row by row. Ends where the bench itself has used the machine up, or a row failed. */
async function measureRows(
  rows: readonly CpuRow[],
  environment: Readonly<Record<string, string>>,
) {
  await using setup = await openCpuSetup(checkouts, environment);
  const readings: CpuReading[] = [];
  try {
    for (const row of rows) {
      const reading = await measureRow(setup, row, options);
      readings.push(reading);
      const [bot] = reading.bots;
      // A load that the bot refused was not measured.
      if (bot && bot.people.seats >= row.channels)
        figures[row.name] = toLoadFigures(bot, findDisturbance(reading.machine));
      console.log(
        `${row.name}: ${reading.bots.map(({ cpu }) => cpu.toFixed(2)).join(', ')} s/min`,
      );
      if (!findDisturbance(reading.machine) && reading.bots.some(findExhaustion)) break;
    }
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  console.log(`\n${formatCpuReport(readings)}\n\n${formatCostParts(readings)}\n`);
}

/** Measures all rows of each checkout alone, in turns: whatever else the machine does, it does it to all of them. */
async function measurePairs(
  rows: readonly CpuRow[],
  environment: Readonly<Record<string, string>>,
) {
  const readings = new Map<string, CpuReading[]>(checkouts.map((path) => [path, []]));
  for (let n = 0; n < pairs; n++) {
    const inTurn = [...readings];
    if (n % 2 === 1) inTurn.reverse();
    for (const [checkout, ofCheckout] of inTurn) {
      await using setup = await openCpuSetup([checkout], environment);
      for (const row of rows) ofCheckout.push(await measureRow(setup, row, options));
    }
    console.log(`\n${n + 1} of ${pairs}:\n${formatPairs([...readings.values()])}\n`);
  }
}
