// npm run planted [-- talk money ...] [-- --minutes 4 [--seed 7]]
import '#src/base/help/program-help.mjs';
import { parseArgs } from 'node:util';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { huntBySimulation, huntByTests, printHunt } from '#test/simulate/fault-hunt.ts';
import type { PlantedFault } from '#test/simulate/planted-fault.ts';
import { type FaultArea, faultAreas, listFaults } from './fault-areas.ts';

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    /** Plants faults for so many minutes, in another order each day. Absent: all are planted. */
    minutes: { type: 'string' },
    /** Another order than the day's. */
    seed: { type: 'string' },
  },
});

const msOfDay = 86_400_000;
const msOfMinute = 60_000;
/** Longest time, in seconds, for which the simulation looks for a fault. */
const huntSeconds = 200;

const isShort = options.minutes !== undefined;
const seed = Number(options.seed ?? Math.floor(Date.now() / msOfDay));
const untilMs = isShort
  ? performance.now() + Number(options.minutes) * msOfMinute
  : Number.POSITIVE_INFINITY;

const counts = new Map<FaultArea, { planted: number; found: number }>();
for (const { area, fault } of listFaults(
  readAreas(),
  isShort ? drawFaults : undefined,
)) {
  if (performance.now() >= untilMs) break;
  const match = huntFault(area, fault);
  const { found: foundSoFar, planted } = counts.get(area) ?? { planted: 0, found: 0 };
  counts.set(area, { planted: planted + 1, found: foundSoFar + (match ? 1 : 0) });
  printHunt(`${area} ${fault.id}`, fault, match);
  if (!match) process.exitCode = 1;
}
for (const [area, { found, planted }] of counts)
  console.log(`${area}: ${found} of ${planted} found`);
if (isShort) console.log(`The order is that of --seed ${seed}.`);

function readAreas() {
  const all = Object.keys(faultAreas) as FaultArea[];
  const areas = all.filter((area) => positionals.includes(area));
  if (areas.length < positionals.length)
    throw new Error(`Areas are ${all.join(', ')}, not ${positionals.join(', ')}.`);
  return areas.length === 0 ? all : areas;
}

/** Draws an order of an area's faults. Of talk, only those that the simulation finds soon. */
function drawFaults(faults: readonly PlantedFault[]) {
  const random = seededRandom(seed);
  const soon =
    faults === faultAreas.talk ? faults.filter(({ isQuick }) => isQuick) : faults;
  return soon
    .map((fault) => ({ fault, place: random() }))
    .toSorted((entry, other) => entry.place - other.place)
    .map(({ fault }) => fault);
}

/** Returns what finds a fault: the simulation or tests in talk, elsewhere tests. */
function huntFault(area: FaultArea, fault: PlantedFault) {
  const bySimulation =
    area === 'talk' ? huntBySimulation(fault, huntSeconds) : undefined;
  return bySimulation ?? huntByTests(fault);
}
