// npm run bench:memory [-- --minutes 10] [--further 4] [--idle 30] [--plain]
import { parseArgs } from 'node:util';
import { table } from '#bench/table.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { callBot, converse } from './conversation.ts';
import { countModules, MeasuredBot, mostThreads, type ResidentReading } from './measured-bot.ts';

const { values: options } = parseArgs({
  options: {
    /** Minutes of conversation in one channel. */
    minutes: { type: 'string', default: '10' },
    /** Channels in conversation beside the first, for a minute or as long as the first if that is shorter. */
    further: { type: 'string', default: '4' },
    /** Seconds until it counts as idle. */
    idle: { type: 'string', default: '30' },
    /** Environment of `npm start` at a shell, without that of container and unit. */
    plain: { type: 'boolean', default: false },
  },
});
/** Environment of container and unit: fewer pages stay with the allocator of glibc. */
const asDeployed = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' };
const talkMs = Number(options.minutes) * 60_000;
const further = Number(options.further);
const furtherMs = Math.min(talkMs, 60_000);
const never = new AbortController().signal;
const people: SandboxPerson[] = [];

await using providers = await openMockProviders({ replies: [{ match: /^/, text: 'Yes, it is.' }] });
await using sandbox = await openSandbox();
const { baseUrl } = providers;
const setup = { baseUrl, environment: options.plain ? {} : asDeployed };
const start = await startOf();
await using bot = await MeasuredBot.start(sandbox, setup);
await realClock.sleep(Number(options.idle) * 1_000, never);
const idle = await bot.read();
const idleCpuS = await bot.cpuSeconds();
await talk(1, talkMs);
const talkCpuS = (await bot.cpuSeconds()) - idleCpuS;
const one = await bot.read();
await talk(1 + further, furtherMs);
const all = await bot.read();
report();

/** Start of separate bots: the first counts modules, the second fills the compile cache, the third is measured. */
async function startOf(): Promise<{ readonly modules: number; readonly cpuS: number }> {
  const modules = await countModules(sandbox, setup);
  {
    await using _warmUp = await MeasuredBot.start(sandbox, setup);
  }
  await using bot = await MeasuredBot.start(sandbox, setup);
  return { modules, cpuS: await bot.cpuSeconds() };
}

/** Everybody asks at a steady pace, each in a server of their own, and those who have called before go on. */
async function talk(channels: number, ms: number): Promise<void> {
  while (people.length < channels) people.push(await callBot(sandbox, people.length));
  const stop = AbortSignal.timeout(ms);
  await Promise.all(people.map((person, n) => converse(person, n, stop)));
}

function report(): void {
  const readings = [idle, one, all];
  const head = ['MB', 'idle', `${options.minutes} min in one channel`, `${1 + further} channels`];
  const row = (name: string, of: (reading: ResidentReading) => number) => [
    name,
    ...readings.map((reading) => (of(reading) / 2 ** 20).toFixed(1)),
  ];
  const rows = [
    row('resident', ({ parts }) => parts.resident),
    row('  program file of Node (shared)', ({ parts }) => parts.program),
    row('  libraries, native modules', ({ parts }) => parts.libraries),
    row('  malloc heap', ({ parts }) => parts.mallocHeap),
    row('  V8 heap of the main thread', ({ heapTotal }) => heapTotal),
    row(
      '  other: store thread, stacks, buffers',
      ({ parts, heapTotal }) => parts.mapped - heapTotal,
    ),
    row('proportional (PSS)', ({ parts }) => parts.proportional),
    row('in use in the V8 heap', ({ heapUsed }) => heapUsed),
    row('outside of it (external)', ({ external }) => external),
    ['threads', ...readings.map(({ threads }) => `${threads.length}`)],
  ];
  console.log(
    `start: ${start.modules} modules, ${start.cpuS.toFixed(2)} s CPU until it can be called\n`,
  );
  console.log(table(head, rows));
  const each = (all.parts.resident - one.parts.resident) / further / 2 ** 20;
  console.log(`\neach further channel in conversation: ${each.toFixed(1)} MB`);
  const perMinute = (talkCpuS / talkMs) * 60_000;
  console.log(`conversation in one channel: ${perMinute.toFixed(2)} s CPU a minute`);
  console.log(`threads when idle: ${named(idle.threads)}`);
  const most = Math.max(...readings.map(({ threads }) => threads.length));
  if (most <= mostThreads) return;
  console.error(`${most} threads; at most ${mostThreads} may be`);
  process.exitCode = 1;
}

function named(threads: readonly string[]): string {
  const counts = Map.groupBy(threads, (name) => name);
  return [...counts].map(([name, all]) => `${all.length} ${name}`).join(', ');
}
