// npm run node -- bench/memory/beside.ts FOLDER [--starts 10] [--idle 20]
// What the idle bot of this folder holds beside that of another one, such as a checkout of an older commit with its own `npm ci`.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { percentile, table } from '#bench/table.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { type BenchBot, MeasuredBot } from './measured-bot.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Of each of the two, in turns. */
    starts: { type: 'string', default: '10' },
    /** Seconds until it counts as idle. */
    idle: { type: 'string', default: '20' },
  },
});
const never = new AbortController().signal;
const [folder] = positionals;
if (folder === undefined) {
  console.error('npm run node -- bench/memory/beside.ts FOLDER [--starts 10] [--idle 20]');
  process.exit(2);
}

await using providers = await openMockProviders({});
await using sandbox = await openSandbox();
const here: BenchBot = { baseUrl: providers.baseUrl, environment: {} };
const there: BenchBot = { ...here, program: resolve(folder, 'src/app/main.mjs') };
// The first start of each fills its compile cache.
for (const bot of [there, here]) await idleMegabytes(bot, 0);
const pairs: { readonly before: number; readonly now: number }[] = [];
for (let n = 0; n < Number(values.starts); n++) {
  const idleS = Number(values.idle);
  pairs.push({ before: await idleMegabytes(there, idleS), now: await idleMegabytes(here, idleS) });
}
const rows = pairs.map(({ before, now }, n) => [
  `${n + 1}`,
  shown(before),
  shown(now),
  shown(now - before),
]);
const medians = [
  pairs.map(({ before }) => before),
  pairs.map(({ now }) => now),
  pairs.map(({ before, now }) => now - before),
].map((all) => shown(percentile(all, 0.5)));
console.log(
  table(['start', 'there, MB', 'here, MB', 'more, MB'], [...rows, ['median', ...medians]]),
);

/** Resident memory. */
async function idleMegabytes(setup: BenchBot, idleS: number): Promise<number> {
  await using bot = await MeasuredBot.start(sandbox, setup);
  await realClock.sleep(idleS * 1_000, never);
  return (await bot.read()).parts.resident / 2 ** 20;
}

function shown(megabytes: number): string {
  return megabytes.toFixed(1);
}
