import { readdir, readFile, realpath } from 'node:fs/promises';
import { openCpuSetup } from '#bench/cpu/cpu-setup.ts';
import type { PeopleOrder } from '#bench/cpu/orders.ts';
import {
  measureUsage,
  readProcessThreads,
  type ThreadTimes,
} from '#bench/cpu/thread-times.ts';
import { formatTable } from '#bench/format-table.ts';
import { realClock } from '#src/base/clock.ts';
import { type MemoryParts, sumMemoryParts } from './smaps.ts';

export type MemoryOptions = {
  /** Minutes of conversation in one channel. */
  readonly minutes: number;
  /** Channels in conversation beside the first, for a minute or as long as the first if that is shorter. */
  readonly further: number;
  /** Seconds until it counts as idle. */
  readonly idleS: number;
  /** Environment of the bot. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Memory and threads of a bot at one instant. */
type MemoryReading = {
  readonly parts: MemoryParts;
  readonly threadNames: readonly string[];
  readonly times: ReadonlyMap<number, ThreadTimes>;
};

const bytesPerMebibyte = 2 ** 20;
/** Node's own (main, inspector signal, delayed tasks, four of V8, four of libuv) and one for the store. */
const maxThreads = 12;
/** Pause of people after an answer, in ms. */
const pauseAfterAnswerMs = 400;
const maxOrderMs = 180_000;
const neverAborted = new AbortController().signal;

/** Prints the memory of the bot of a checkout by part, idle and in conversation. Sets the exit code where it has too many threads. */
export async function measureMemory(
  checkout: string,
  options: MemoryOptions,
): Promise<void> {
  await using setup = await openCpuSetup([checkout], options.environment);
  const [measured] = setup.bots;
  if (!measured) return;
  const { people, bot } = measured;
  await realClock.sleep(options.idleS * 1_000, neverAborted);
  const idle = await readMemory(bot.pid);
  const talkMs = options.minutes * 60_000;
  await talk(1, talkMs);
  const one = await readMemory(bot.pid);
  await talk(1 + options.further, Math.min(talkMs, 60_000));
  const all = await readMemory(bot.pid);
  printMemory(idle, one, all, options);
  const talkCpuMs = measureUsage(bot.pid, idle.times, one.times).cpuMs;
  const perMinute = talkCpuMs / 1_000 / options.minutes;
  console.log(`conversation in one channel: ${perMinute.toFixed(2)} s CPU a minute`);

  async function talk(channels: number, ms: number) {
    const orders: readonly PeopleOrder[] = [
      { do: 'call', channels },
      { do: 'converse', channels, quietMs: pauseAfterAnswerMs },
    ];
    for (const order of orders) await people.sendOrder(order, maxOrderMs);
    await realClock.sleep(ms, neverAborted);
    await people.sendOrder({ do: 'rest' }, maxOrderMs);
  }
}

/** Linux only. */
async function readMemory(pid: number) {
  const folder = `/proc/${pid}`;
  const program = await realpath(`${folder}/exe`);
  const parts = sumMemoryParts(await readFile(`${folder}/smaps`, 'utf8'), program);
  const ids = await readdir(`${folder}/task`);
  const names = ids.map((id) => readFile(`${folder}/task/${id}/comm`, 'utf8'));
  const threadNames = (await Promise.all(names)).map((name) => name.trim());
  return { parts, threadNames, times: await readProcessThreads(pid) };
}

function printMemory(
  idle: MemoryReading,
  one: MemoryReading,
  all: MemoryReading,
  { minutes, further }: MemoryOptions,
) {
  const readings = [idle, one, all];
  const row = (name: string, part: keyof MemoryParts) => [
    name,
    ...readings.map(({ parts }) => (parts[part] / bytesPerMebibyte).toFixed(1)),
  ];
  const head = [
    'MB',
    'idle',
    `${minutes} min in one channel`,
    `${1 + further} channels`,
  ];
  const rows = [
    row('resident', 'resident'),
    row('  program file of Node (shared)', 'program'),
    row('  libraries, native modules', 'libraries'),
    row('  malloc heap', 'mallocHeap'),
    row('  other: V8, stacks, buffers', 'mapped'),
    row('proportional (PSS)', 'proportional'),
    ['threads', ...readings.map(({ threadNames }) => `${threadNames.length}`)],
  ];
  console.log(formatTable(head, rows));
  const each = (all.parts.resident - one.parts.resident) / further / bytesPerMebibyte;
  console.log(`\neach further channel in conversation: ${each.toFixed(1)} MB`);
  const counts = Map.groupBy(idle.threadNames, (name) => name);
  const named = [...counts].map(([name, same]) => `${same.length} ${name}`).join(', ');
  console.log(`threads when idle: ${named}`);
  const most = Math.max(...readings.map(({ threadNames }) => threadNames.length));
  if (most <= maxThreads) return;
  console.error(`${most} threads; at most ${maxThreads} may be`);
  process.exitCode = 1;
}
