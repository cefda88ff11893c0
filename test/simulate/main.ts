// npm run simulate [-- --seeds 1000] [--seed 7] [--hours 1] [--minutes 5]
import { parseArgs } from 'node:util';
import { scriptOf } from './script.ts';
import { type SimulationOptions, shrink, simulate, testOf } from './simulate.ts';

const { values: options } = parseArgs({
  options: {
    /** Seeds to play. */
    seeds: { type: 'string', default: '1000' },
    /** One seed alone. */
    seed: { type: 'string' },
    /** Simulated hours to play, in place of a number of seeds. */
    hours: { type: 'string' },
    /** Minutes of each script. */
    minutes: { type: 'string', default: '5' },
  },
});

const minutes = Number(options.minutes);
const first = Number(options.seed ?? 1);
const msOfHour = 3_600_000;
/** Findings that are made shorter and printed. */
const mostPrinted = 3;

type Totals = { runs: number; failed: number; steps: number; virtualMs: number };

const totals: Totals = { runs: 0, failed: 0, steps: 0, virtualMs: 0 };
const startedMs = performance.now();

playSeeds();

function playSeeds(): void {
  const mostMs = options.hours === undefined ? undefined : Number(options.hours) * msOfHour;
  const most = options.seed === undefined ? Number(options.seeds) : 1;
  const goesOn = () => (mostMs === undefined ? totals.runs < most : totals.virtualMs < mostMs);
  for (let seed = first; goesOn(); seed++) play({ seed, acts: scriptOf(seed, minutes) });
  printTotals();
}

function play(run: SimulationOptions): void {
  const { failure, steps, virtualMs } = simulate(run);
  totals.runs++;
  totals.steps += steps;
  totals.virtualMs += virtualMs;
  if (failure === undefined) return;
  totals.failed++;
  process.exitCode = 1;
  console.log(`seed ${run.seed}: ${failure}`);
  if (totals.failed <= mostPrinted) console.log(testOf(run, shrink(run, failure)));
}

function printTotals(): void {
  const { failed, runs, steps, virtualMs } = totals;
  const seconds = (performance.now() - startedMs) / 1_000;
  const hours = virtualMs / msOfHour;
  console.log(`${runs - failed} of ${runs} runs hold: ${steps} events, ${hours.toFixed(1)} hours`);
  const anHour = Math.round((hours / seconds) * 3_600);
  console.log(`${seconds.toFixed(1)} s, ${anHour} simulated hours an hour`);
}
