// npm run nightly [-- --minutes 300] [--seed N] [--only NAME]: all that takes too long for each change. --minutes shortens it.
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
/** Longest time of a step, in ms: one that hangs is a failed one. */
const maxStepMs = 10_800_000;
const maxShownCharacters = 6_000;
const steps = listSteps(Number(values.minutes), Number(values.seed));
const rows: string[][] = [];
for (const step of steps.filter(({ name }) => name.includes(values.only)))
  rows.push(await runStep(step));
console.log(`\n${formatTable(['step', 'seed', 'time', 'figure', 'outcome'], rows)}`);
process.exitCode = rows.every((row) => row.at(-1) === 'ok') ? 0 : 1;

/** A row of the table. */
async function runStep({ name, command, figure, seed }: NightlyStep) {
  const startedMs = performance.now();
  console.log(`${name}: ${command}`);
  const [program = '', ...words] = command.split(' ');
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: maxStepMs,
  });
  let shown = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      shown += stripVTControlCharacters(`${chunk}`);
    });
  const [code] = (await once(child, 'close')) as [number | null];
  const isGood = code === 0;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  if (!isGood) console.log(shown.slice(-maxShownCharacters));
  const figures = [...shown.matchAll(new RegExp(figure, 'gm'))];
  const found = figures.at(-1)?.[0].trim() ?? '';
  const outcome = isGood ? 'ok' : `FAILED (${code ?? 'late'})`;
  console.log(`${outcome} after ${seconds} s`);
  return [name, `${seed ?? ''}`, `${seconds} s`, found, outcome];
}
