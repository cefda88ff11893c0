// npm run fuzz [-- --seed N --cases N --files N --seconds N --only NAME]: every parser and decoder of what comes from outside, for as long as wanted.
import '#src/base/help/program-help.mjs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { decoderTargets } from './decoder-targets.ts';
import type { FuzzResult } from './fuzz-target.ts';
import { classTargets, targets } from './targets.ts';

/** Cases that one thread checks; a finding is seen again with its seed and this many. */
const threadCases = { parser: 100_000, class: 5_000, decoder: 5_000 };
/** The same where time is what ends a target: so many take about as long as a thread needs to start. */
const timedCases = { parser: 1_000, class: 50, decoder: 10 };
/** Time, in ms, without a result after which an input counts as hanging. */
const hangMs = 600_000;

type TargetGroup = { readonly kind: keyof typeof threadCases; readonly option: string };

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Date.now() % 1e9}` },
    cases: { type: 'string', default: '100000' },
    files: { type: 'string', default: '2000' },
    /** Time of all targets together, in place of numbers of cases and files. */
    seconds: { type: 'string' },
    only: { type: 'string' },
  },
});
const firstSeed = Number(values.seed);
const [cases, files] = [Number(values.cases), Number(values.files)];
const untilMs = performance.now() + 1_000 * Number(values.seconds);
/** Targets that share the rest of the time. */
let waiting = targets.length + classTargets.length + decoderTargets.length;
const failures =
  (await fuzzAll(targets, cases, { kind: 'parser', option: 'cases' })) +
  (await fuzzAll(classTargets, cases, { kind: 'class', option: 'cases' })) +
  (await fuzzAll(decoderTargets, files, { kind: 'decoder', option: 'files' }));
console.log(failures === 0 ? 'Nothing was found.' : `${failures} targets failed.`);
process.exitCode = failures === 0 ? 0 : 1;

/** Number of targets that failed. */
async function fuzzAll(
  all: readonly { readonly name: string }[],
  wanted: number,
  group: TargetGroup,
) {
  const chosen = all.filter(
    ({ name }) => values.only === undefined || name.includes(values.only),
  );
  if (chosen.length === 0) return 0;
  console.log(
    `seed ${firstSeed}, ${wanted} ${group.option} for each of ${chosen.length} targets (${group.kind})`,
  );
  let failed = 0;
  for (const { name } of chosen) failed += await fuzzTarget(name, wanted, group);
  return failed;
}

/** 1 if something was found. */
async function fuzzTarget(name: string, wanted: number, { kind, option }: TargetGroup) {
  const startedMs = performance.now();
  const targetMs = (untilMs - startedMs) / waiting--;
  let [done, slowestMs, seed] = [0, 0, firstSeed];
  const shouldGoOn = () =>
    values.seconds === undefined
      ? done < wanted
      : done === 0 || performance.now() - startedMs < targetMs;
  for (; shouldGoOn(); seed++) {
    const count =
      values.seconds === undefined
        ? Math.min(threadCases[kind], wanted - done)
        : timedCases[kind];
    const result = await runInThread(name, seed, count);
    done += count;
    slowestMs = Math.max(slowestMs, result.slowestMs);
    if (result.failure === undefined) continue;
    const again = `npm run fuzz -- --only ${name} --seed ${seed} --${option} ${count}`;
    console.log(`${name}: FAILED at seed ${seed}\n${result.failure}\nagain: ${again}`);
    return 1;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(
    `${name}: ${done} ${option}, slowest ${slowestMs.toFixed(1)} ms, took ${seconds.toFixed(0)} s`,
  );
  return 0;
}

/** One thread for `count` cases; one that says nothing any more is ended. */
function runInThread(name: string, seed: number, count: number) {
  const { promise, resolve } = Promise.withResolvers<FuzzResult>();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { name, seed, cases: count },
  });
  const failWorker = (failure: string) =>
    resolve({ cases: count, slowestMs: 0, failure });
  const timer = setTimeout(
    () => failWorker(`It hangs: nothing came in ${hangMs / 1000} s.`),
    hangMs,
  );
  worker.once('message', resolve);
  worker.once('error', (error) =>
    failWorker(`It threw past everything: ${error.stack ?? error.message}`),
  );
  return promise.finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}
