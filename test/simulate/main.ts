// npm run simulate [-- --seeds 1000] [--seed 7] [--hours 1] [--minutes 5] [--each-call-fails [--calls 30]] [--canary] [--planted all [--tests]] [--scenes [--seed 7] [--canary]]
import '#src/base/help/program-help.mjs';
import { parseArgs } from 'node:util';
import { playGeneratedScenes } from '#test/virtual-scenes/play-generated-scenes.ts';
import { findPlantedFaults, findPlantedLeaks, findRunFaults } from './fault-hunt.ts';
import { portNames } from './luck.ts';
import {
  formatTest,
  type SimulationOptions,
  shrinkActs,
  simulateScript,
} from './simulate.ts';
import { makeScript } from './simulated-script.ts';

const { values: options } = parseArgs({
  options: {
    /** Seeds to play. */
    seeds: { type: 'string', default: '1000' },
    /** One seed alone. */
    seed: { type: 'string' },
    /** First seed of several. */
    from: { type: 'string', default: '1' },
    /** Hours of talk to play, in place of a number of seeds: time in which people do something, without the rest after it. */
    hours: { type: 'string' },
    /** Longest time to play, in seconds of the processor, so that a busy machine finds as much. */
    seconds: { type: 'string' },
    /** Ends with the first finding, which is not made shorter. */
    first: { type: 'boolean', default: false },
    /** Minutes of each script, or `rounds`: each scene is played alone first, and then over more and more others. */
    minutes: { type: 'string', default: '1' },
    /** The n-th call of each port fails, for each n up to `calls`. */
    'each-call-fails': { type: 'boolean', default: false },
    calls: { type: 'string', default: '30' },
    /** The faults that are found soonest, of which each has to be found. */
    canary: { type: 'boolean', default: false },
    /** Planted faults by their ids, or `all`; `tests`: by the tests, too. */
    planted: { type: 'string' },
    tests: { type: 'boolean', default: false },
    /** Scenes of people who may be heard or not, in place of talk. */
    scenes: { type: 'boolean', default: false },
  },
});

const minutes = options.minutes === 'rounds' ? undefined : Number(options.minutes);
const firstSeed = Number(options.seed ?? options.from);
const msOfHour = 3_600_000;
/** Findings that are made shorter and printed. */
const mostPrinted = 3;
/** Longest time, in seconds, to find a planted fault, and one of the canary. */
const [huntSeconds, canarySeconds] = [200, 90];

type Totals = {
  runs: number;
  failed: number;
  steps: number;
  virtualMs: number;
  talkMs: number;
};

const totals: Totals = { runs: 0, failed: 0, steps: 0, virtualMs: 0, talkMs: 0 };
const startedMs = performance.now();

if (options.scenes && options.canary) process.exitCode = findPlantedLeaks() ? 0 : 1;
else if (options.scenes)
  await playGeneratedScenes(
    firstSeed,
    options.seed === undefined ? Number(options.seeds) : 1,
  );
else if (options.canary) await findCanary();
else if (options.planted !== undefined) huntFaults(options.planted);
else if (options['each-call-fails']) await failEachCall();
else await playSeeds();

async function playSeeds() {
  const most = options.seed === undefined ? Number(options.seeds) : 1;
  for (let seed = firstSeed; shouldGoOn(most); seed++) {
    await playRun({ seed, acts: makeScript(seed, minutes) });
    if (options.first && totals.failed > 0) break;
  }
  printTotals();
  // An engine that a planted fault has left running holds the process.
  process.exit();
}

function shouldGoOn(mostSeeds: number) {
  const { hours, seconds } = options;
  if (seconds !== undefined && measureWork() > Number(seconds)) return false;
  if (hours !== undefined) return totals.talkMs < Number(hours) * msOfHour;
  return seconds !== undefined || totals.runs < mostSeeds;
}

async function failEachCall() {
  for (const port of portNames) {
    for (let call = 1; call <= Number(options.calls); call++) {
      await playRun({
        seed: firstSeed,
        acts: makeScript(firstSeed, minutes),
        failing: { port, call },
      });
    }
  }
  printTotals();
}

async function playRun(run: SimulationOptions) {
  const { failure, steps, talkMs, virtualMs } = await simulateScript(run);
  totals.runs++;
  totals.steps += steps;
  totals.talkMs += talkMs;
  totals.virtualMs += virtualMs;
  if (failure === undefined) return;
  totals.failed++;
  process.exitCode = 1;
  console.log(`seed ${run.seed}: ${failure}`);
  if (options.first || totals.failed > mostPrinted) return;
  console.log(formatTest(run, await shrinkActs(run, failure)));
}

/** Exits with 1 where a fault of the canary is not found. */
async function findCanary() {
  const isFound = await findRunFaults(canarySeconds);
  const arePlantedFound = findPlantedFaults({ seconds: canarySeconds, isQuick: true });
  if (!isFound || !arePlantedFound) process.exitCode = 1;
  console.log(`${measureSeconds().toFixed(0)} s`);
}

/** Exits with 1 where a planted fault is not found, neither here nor by the tests where those are asked for. */
function huntFaults(planted: string) {
  const ids = planted === 'all' ? undefined : planted.split(',');
  const hasFound = findPlantedFaults({
    seconds: huntSeconds,
    ids,
    hasTests: options.tests,
  });
  if (!hasFound) process.exitCode = 1;
}

/** Measures the time of the processor so far, in seconds. */
function measureWork() {
  const { system, user } = process.cpuUsage();
  return (system + user) / 1_000_000;
}

function measureSeconds() {
  return (performance.now() - startedMs) / 1_000;
}

function printTotals() {
  const { failed, runs, steps, talkMs, virtualMs } = totals;
  const seconds = measureSeconds();
  const hours = talkMs / msOfHour;
  const rest = (virtualMs - talkMs) / msOfHour;
  console.log(
    `${runs - failed} of ${runs} runs hold: ${steps} events, ${hours.toFixed(1)} hours of talk and ${rest.toFixed(1)} of rest`,
  );
  const anHour = Math.round((hours / seconds) * 3_600);
  console.log(`${seconds.toFixed(1)} s, ${anHour} hours of talk an hour`);
}
