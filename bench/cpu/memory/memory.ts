import { table } from '#bench/table.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { callBot, converse } from './conversation.ts';
import {
  type BenchBot,
  countModules,
  MeasuredBot,
  mostThreads,
  type ResidentReading,
} from './measured-bot.ts';

export type MemoryOptions = {
  /** Minutes of conversation in one channel. */
  readonly minutes: number;
  /** Channels in conversation beside the first, for a minute or as long as the first if that is shorter. */
  readonly further: number;
  /** Seconds until it counts as idle. */
  readonly idleS: number;
};

const never = new AbortController().signal;

/** Prints the memory of a bot by part, idle and in conversation. Sets the exit code where it has too many threads. */
export async function measureMemory(
  bot: Omit<BenchBot, 'baseUrl'>,
  options: MemoryOptions,
): Promise<void> {
  const talkMs = options.minutes * 60_000;
  const people: SandboxPerson[] = [];
  const replies = [{ match: /^/, text: 'Yes, it is.' }];
  await using providers = await openMockProviders({ replies });
  await using sandbox = await openSandbox();
  const setup = { ...bot, baseUrl: providers.baseUrl };
  await printStart(sandbox, setup);
  await using measured = await MeasuredBot.start(sandbox, setup);
  await realClock.sleep(options.idleS * 1_000, never);
  const idle = await measured.read();
  const idleCpuS = await measured.cpuSeconds();
  await talk(1, talkMs);
  const talkCpuS = (await measured.cpuSeconds()) - idleCpuS;
  const one = await measured.read();
  await talk(1 + options.further, Math.min(talkMs, 60_000));
  report([idle, one, await measured.read()], talkCpuS, options);

  /** Everybody asks at a steady pace, each in a server of their own, and those who have called before go on. */
  async function talk(channels: number, ms: number): Promise<void> {
    while (people.length < channels) people.push(await callBot(sandbox, people.length));
    const stop = AbortSignal.timeout(ms);
    await Promise.all(people.map((person, n) => converse(person, n, stop)));
  }
}

/** Start of separate bots: the first counts modules, the second fills the compile cache, the third is measured. */
async function printStart(sandbox: Sandbox, setup: BenchBot): Promise<void> {
  const modules = await countModules(sandbox, setup);
  {
    await using _warmUp = await MeasuredBot.start(sandbox, setup);
  }
  await using bot = await MeasuredBot.start(sandbox, setup);
  const cpuS = (await bot.cpuSeconds()).toFixed(2);
  console.log(`start: ${modules} modules, ${cpuS} s CPU until it can be called\n`);
}

function report(
  readings: readonly [idle: ResidentReading, one: ResidentReading, all: ResidentReading],
  talkCpuS: number,
  { minutes, further }: MemoryOptions,
): void {
  const [idle, one, all] = readings;
  const head = ['MB', 'idle', `${minutes} min in one channel`, `${1 + further} channels`];
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
  console.log(table(head, rows));
  const each = (all.parts.resident - one.parts.resident) / further / 2 ** 20;
  console.log(`\neach further channel in conversation: ${each.toFixed(1)} MB`);
  const perMinute = talkCpuS / minutes;
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
