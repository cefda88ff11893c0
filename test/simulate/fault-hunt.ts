import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plantedBreaks } from '#test/mission/planted-breaks.ts';
import { plantedLeaks } from '#test/virtual-scenes/planted-leaks.ts';
import type { PlantedFault } from './planted-fault.ts';
import { plantedFaults } from './planted-faults.ts';
import { type RunFault, runFaults } from './run-faults.ts';
import { simulateScript } from './simulate.ts';
import { makeScript } from './simulated-script.ts';
import { planWorld } from './world-plan.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Program that runs tests. The package exports none of its files. */
export const vitest: string = join(root, 'node_modules/vitest/vitest.mjs');
/** Times by which a busy machine may take longer than its processor works. */
const maxSlowness = 5;
/** Time, in seconds, that a process may take beside its hunt, and the tests of a few folders. */
const [spareSeconds, testSeconds] = [60, 300];

/** Script of a seed, in minutes, that has to find a fault of one run. */
const runMinutes = 0.1;
/** Seeds of which one plays a whole minute: a fault of a lost link needs many short worlds, and one of consent a long one. */
const seedsALongRun = 8;

export type FaultHunt = {
  /** Longest time for each fault. */
  readonly seconds: number;
  readonly ids?: readonly string[] | undefined;
  /** Only faults that are found soon. */
  readonly isQuick?: boolean;
  /** The tests of the folders that a fault names are run, too. */
  readonly hasTests?: boolean;
};

/** Plants one fault after the other, and prints what finds it. True where each was found. */
export function findPlantedFaults({ hasTests, ids, isQuick, seconds }: FaultHunt) {
  const isWanted = (fault: PlantedFault) =>
    (ids?.includes(fault.id) ?? true) && (!isQuick || fault.isQuick === true);
  const faults = plantedFaults.filter(isWanted);
  const matches = faults.map((fault) => {
    const bySimulation = huntBySimulation(fault, seconds);
    printHunt(fault.id, fault, bySimulation);
    const byTests = hasTests ? huntByTests(fault) : undefined;
    if (hasTests) console.log(`          tests: ${byTests ?? 'none'}`);
    return { bySimulation, byTests };
  });
  const bySimulation = matches.filter(
    (entry) => entry.bySimulation !== undefined,
  ).length;
  const byEither = matches.filter(
    (entry) => entry.bySimulation ?? entry.byTests,
  ).length;
  console.log(`${bySimulation} of ${faults.length} are found by the simulation`);
  if (hasTests) console.log(`${byEither} of ${faults.length} by it or the tests`);
  return byEither === faults.length;
}

/** Plants one leak after the other, and prints the scenes that find it. True where each was found. */
export function findPlantedLeaks(): boolean {
  return findByTests(plantedLeaks, 'leaks are found by the scenes');
}

/** Plants one break of the mission after the other, and prints the line that finds it. True where each was found. */
export function findPlantedBreaks(isWanted: (fault: PlantedFault) => boolean): boolean {
  return findByTests(plantedBreaks.filter(isWanted), 'breaks are found by the mission');
}

/** Prints what found a fault, by a name of it. */
export function printHunt(
  name: string,
  { meaning }: Pick<PlantedFault, 'meaning'>,
  match: string | undefined,
): void {
  console.log(`${match === undefined ? 'missed' : 'found '} ${name} ${meaning}`);
  if (match !== undefined) console.log(`          ${match}`);
}

function findByTests(faults: readonly PlantedFault[], what: string) {
  const missed = faults.filter((fault) => {
    const match = huntByTests(fault);
    printHunt(fault.id, fault, match);
    return !match;
  });
  console.log(`${faults.length - missed.length} of ${faults.length} ${what}`);
  return missed.length === 0;
}

/** First finding of the simulation with a fault; undefined: none, or the fault cannot be planted. */
export function huntBySimulation(
  { id }: PlantedFault,
  seconds: number,
): string | undefined {
  const main = join(root, 'test/simulate/main.ts');
  const hunt = ['--first', '--seconds', `${seconds}`, '--minutes', 'rounds'];
  const args = ['--import', makePlanter(id), main, ...hunt];
  const beganMs = performance.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    timeout: (seconds * maxSlowness + spareSeconds) * 1_000,
  });
  const finding = stdout.match(/^seed .*$/m)?.[0];
  if (finding === undefined && status !== 0) console.error(stderr);
  return (
    finding && `${((performance.now() - beganMs) / 1_000).toFixed(1)} s, ${finding}`
  );
}

/** Number of tests that fail with a fault, and the first of them; undefined: none. */
export function huntByTests({ id, testName, tests }: PlantedFault): string | undefined {
  const report = join(tmpdir(), `planted-fault-${process.pid}.json`);
  const reported = ['--reporter=json', `--outputFile=${report}`];
  const run = [
    process.execPath,
    vitest,
    'run',
    '--project',
    tests.some((path) => path.includes('.long.test')) ? '*' : 'usual',
    ...reported,
    ...(testName === undefined ? [] : ['-t', testName]),
    ...tests,
  ];
  const options = `NODE_OPTIONS=--import=${makePlanter(id)}`;
  // `timeout` ends the workers too, of which one may never return.
  spawnSync(
    'timeout',
    ['-s', 'KILL', `${testSeconds}`, 'env', options, 'ALL_ROWS=1', ...run],
    {
      cwd: root,
    },
  );
  if (!existsSync(report)) return `the tests do not end within ${testSeconds} s`;
  const failed = listFailedTests(readFileSync(report, 'utf8'));
  rmSync(report);
  return failed.length === 0 ? undefined : `${failed.length} fail, first: ${failed[0]}`;
}

type TestReport = {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string;
      readonly title: string;
    }[];
  }[];
};

function listFailedTests(json: string) {
  const { testResults } = JSON.parse(json) as TestReport;
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  return all.filter(({ status }) => status === 'failed').map(({ title }) => title);
}

/** Module that plants a fault. */
function makePlanter(id: string) {
  return `${new URL('./plant-fault.ts', import.meta.url).href}?fault=${id}`;
}

/** Time of the processor so far, in ms: a busy machine finds as much. */
function getWorkMs() {
  return process.cpuUsage().user / 1_000;
}

/** Finds the faults that are planted into one run, and prints by which seed. True where each was found. */
export async function findRunFaults(seconds: number) {
  let isEachFound = true;
  for (const fault of runFaults) {
    const finding = await huntRunFault(fault, seconds);
    isEachFound &&= finding !== undefined;
    const { name } = fault;
    console.log(
      finding === undefined ? `missed ${name}` : `found  ${name} (${finding})`,
    );
  }
  return isEachFound;
}

async function huntRunFault({ group, name: _, ...fault }: RunFault, seconds: number) {
  const untilMs = getWorkMs() + seconds * 1_000;
  for (let seed = 1; getWorkMs() < untilMs; seed++) {
    if (group !== undefined && planWorld(seed).ownScene.group !== group) continue;
    const { failure } = await simulateScript({
      seed,
      acts: makeScript(seed, seed % seedsALongRun === 1 ? 1 : runMinutes),
      ...fault,
    });
    if (failure !== undefined) return `seed ${seed}: ${failure}`;
  }
  return undefined;
}
