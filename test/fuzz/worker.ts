import { parentPort, workerData } from 'node:worker_threads';
import { decoderTargets } from './decoder-targets.ts';
import { classTargets, targets } from './targets.ts';

/** Checks one target in its own thread, so that a parser that hangs can be given up. */
const { name, seed, cases } = workerData as Readonly<{
  name: string;
  seed: number;
  cases: number;
}>;
const foundTarget = [...targets, ...classTargets, ...decoderTargets].find(
  (target) => target.name === name,
);
if (!foundTarget) throw new Error(`There is no target ${name}.`);
parentPort?.postMessage(await foundTarget.checkInputs(cases, seed));
