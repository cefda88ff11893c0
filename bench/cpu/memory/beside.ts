// npm run node -- bench/cpu/memory/beside.ts FOLDER [--starts 10] [--idle 20]
// npm run node -- bench/cpu/memory/beside.ts --with MODULE [--starts 10] [--idle 20]
// What the idle bot of this folder holds, and what its start took, beside that of another one, such as a checkout of an older
// commit with its own `npm ci`; or, with one module more, beside itself.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { percentile, table } from '#bench/table.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { type BenchBot, MeasuredBot } from './measured-bot.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Starts of each of the two, in turns. */
    starts: { type: 'string', default: '10' },
    /** Seconds until it counts as idle. */
    idle: { type: 'string', default: '20' },
    /** Module that the bot of this folder loads as well. */
    with: { type: 'string' },
  },
});
const never = new AbortController().signal;
const names = ['MB', 'start ms', 'CPU ms'] as const;
type Figures = readonly number[];
const [folder] = positionals;
if ((folder === undefined) === (values.with === undefined)) {
  const usage =
    'npm run node -- bench/cpu/memory/beside.ts FOLDER|--with MODULE [--starts 10] [--idle 20]';
  console.error(usage);
  process.exit(2);
}

await using providers = await openMockProviders({});
await using sandbox = await openSandbox();
const plain: BenchBot = { baseUrl: providers.baseUrl, environment: {} };
const [there, here] =
  folder === undefined
    ? beside(`${values.with}`)
    : [{ ...plain, program: resolve(folder, 'src/app/main.mjs') }, plain];
// The first start of each fills its compile cache.
for (const bot of [there, here]) await figuresOf(bot, 0);
const pairs: { readonly before: Figures; readonly now: Figures }[] = [];
for (let n = 0; n < Number(values.starts); n++) {
  const idleS = Number(values.idle);
  pairs.push({ before: await figuresOf(there, idleS), now: await figuresOf(here, idleS) });
}
const columns = names.flatMap((_, at) => [
  pairs.map(({ before }) => before[at] ?? Number.NaN),
  pairs.map(({ now }) => now[at] ?? Number.NaN),
  pairs.map(({ before, now }) => (now[at] ?? Number.NaN) - (before[at] ?? Number.NaN)),
]);
const rows = pairs.map((_, n) => [
  `${n + 1}`,
  ...columns.map((all) => shown(all[n] ?? Number.NaN)),
]);
const medians = columns.map((all) => shown(percentile(all, 0.5)));
const heads = names.flatMap((name) => [`there, ${name}`, `here, ${name}`, 'more']);
console.log(table(['start', ...heads], [...rows, ['median', ...medians]]));

/** The bot, and the bot that loads a module first; the compile cache is open by then. */
function beside(module: string): readonly [BenchBot, BenchBot] {
  const cache = new URL('../../../node_modules/.cache/parley-beside', import.meta.url);
  const environment = { NODE_COMPILE_CACHE: fileURLToPath(cache) };
  // Threads of the bot preload what its main thread does.
  const load = `import{isMainThread}from'node:worker_threads';if(isMainThread)await import('${import.meta.resolve(module)}')`;
  const options = `--import=data:text/javascript,${encodeURIComponent(load)}`;
  return [
    { ...plain, environment },
    { ...plain, environment: { ...environment, NODE_OPTIONS: options } },
  ];
}

/** Resident memory once idle, time until it was ready, CPU time of the main thread until then. */
async function figuresOf(setup: BenchBot, idleS: number): Promise<Figures> {
  const startedMs = realClock.nowMs();
  await using bot = await MeasuredBot.start(sandbox, setup);
  const startMs = realClock.nowMs() - startedMs;
  const cpuMs = await bot.mainThreadMs();
  await realClock.sleep(idleS * 1_000, never);
  return [(await bot.read()).parts.resident / 2 ** 20, startMs, cpuMs];
}

function shown(figure: number): string {
  return figure.toFixed(1);
}
