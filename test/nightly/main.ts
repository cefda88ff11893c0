// npm run nightly [-- --minutes 300] [--seed N] [--only NAME]: all that takes too long for each change. --minutes shortens it. SIGINT and
// SIGTERM end the step that runs, and what was found until then is printed.
import '#src/base/help/program-help.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { formatTable } from '#bench/format-table.ts';
import { listSteps, type NightlyStep } from './nightly-steps.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '300' },
    seed: { type: 'string', default: `${Date.now() % 1e9}` },
    /** Steps whose name holds this. */
    only: { type: 'string', default: '' },
  },
});
const minutes = Number(values.minutes);
/** Longest time of a step, in ms: one that hangs is a failed one. It is much more than any needs. */
const maxStepMs = 0.6 * minutes * 60_000;
/** Until programs of a step that is stopped have ended by themselves. */
const maxEndMs = 30_000;
const maxShownCharacters = 6_000;
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopped.abort());
const steps = listSteps(minutes, Number(values.seed));
const rows: string[][] = [];
for (const step of steps.filter(({ name }) => name.includes(values.only)))
  if (!stopped.signal.aborted) rows.push(await runStep(step));
console.log(`\n${formatTable(['step', 'seed', 'time', 'figure', 'outcome'], rows)}`);
const isGood = rows.length > 0 && rows.every((row) => row.at(-1) === 'ok');
process.exitCode = isGood && !stopped.signal.aborted ? 0 : 1;

/** A row of the table. */
async function runStep({ name, command, figure, seed }: NightlyStep) {
  const startedMs = performance.now();
  console.log(`${name}: ${command}`);
  const [program = '', ...words] = command.split(' ');
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, which ends with all that the step has started.
    detached: true,
  });
  const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(maxStepMs)]);
  signal.addEventListener('abort', () => endGroup(child.pid));
  let shownText = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      shownText += stripVTControlCharacters(`${chunk}`);
    });
  const [code] = (await once(child, 'close')) as [number | null];
  const isGood = code === 0 && !signal.aborted;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  if (!isGood) console.log(shownText.slice(-maxShownCharacters));
  const figures = [...shownText.matchAll(new RegExp(figure, 'gm'))];
  const match = figures.at(-1)?.[0].trim() ?? '';
  const outcome = isGood ? 'ok' : `FAILED (${signal.aborted ? 'ended' : code})`;
  console.log(`${outcome} after ${seconds} s`);
  return [name, `${seed ?? ''}`, `${seconds} s`, match, outcome];
}

/** Ends the programs of a group, first in order. */
function endGroup(leader: number | undefined) {
  if (leader === undefined) return;
  const killGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-leader, signal);
    } catch {
      // All have ended.
    }
  };
  killGroup('SIGTERM');
  setTimeout(killGroup, maxEndMs, 'SIGKILL');
}
