import { readFile } from 'node:fs/promises';
import { sumValues } from '#bench/format-table.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import type { PeopleFigures } from './orders.ts';
import {
  addMb,
  type FamilyMb,
  measureUsage,
  type ProcessThreads,
  readChildThreads,
  readFamilyMb,
  readFamilyThreads,
  readProcessThreads,
} from './thread-times.ts';

/** Usage of the processor by a process and its children. */
export interface ProcessUsage {
  /** CPU time, in seconds a minute. */
  readonly cpu: number;
  /** That of the main thread alone. */
  readonly mainCpu: number;
  /** Wake-ups a second, of all threads. */
  readonly wakeUps: number;
  /** Wake-ups a second, of the main thread alone. */
  readonly mainWakeUps: number;
}

/** Usage of one bot with its people and servers, between two instants. */
export interface BotReading extends ProcessUsage {
  readonly label: string;
  readonly minutes: number;
  /** CPU time of the model process, which `cpu` has in it, in seconds a minute. */
  readonly modelsCpu: number;
  readonly residentMb: FamilyMb;
  /** Growth of `residentMb`, of both processes. Below 0 where caches are given back. */
  readonly grownMb: number;
  readonly people: PeopleFigures;
  /** CPU time of Discord with its people, in seconds a minute. */
  readonly peopleCpu: number;
  /** CPU time of the mock servers, in seconds a minute. */
  readonly serversCpu: number;
}

/** Usage of the machine by all but the bench. */
export interface MachineUsage {
  /** CPU time of other programs, in seconds a minute. */
  readonly others: number;
  /** CPU time that the host took, in seconds a minute. */
  readonly stolen: number;
}

/** Usage of all bots, read at the same time. */
export interface LoadReading {
  readonly bots: readonly BotReading[];
  readonly machine: MachineUsage;
}

/** Times since the processes began, and resident memory. */
interface UsageInstant {
  readonly atMs: number;
  /** By process id. */
  readonly threads: ReadonlyMap<number, ProcessThreads>;
  /** Those of the model process, by process id of its bot. */
  readonly childThreads: ReadonlyMap<number, ProcessThreads>;
  /** By process id of the bot. */
  readonly residentMb: ReadonlyMap<number, FamilyMb>;
  readonly busySeconds: number;
  readonly stolenSeconds: number;
}

/** Ticks of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const orderTimeoutMs = 30_000;
const neverAborted = new AbortController().signal;

/** Seconds a minute that others, or the host, may take before a reading is worth little. */
const maxOthersSeconds = 6;
const maxStolenSeconds = 0.6;
/** Share of people's packets that may leave more than 20 ms late. */
const maxLateShare = 0.005;
/** Seconds a minute in which a process of one thread still keeps time. */
const maxBusySeconds = 54;

/** Measures the usage of all bots at the same time, for `ms` from now on. */
export async function readLoad(setup: CpuSetup, ms: number): Promise<LoadReading> {
  await Promise.all(
    setup.bots.map(({ people }) => people.sendOrder({ do: 'begin' }, orderTimeoutMs)),
  );
  const pids = listPids(setup);
  const botPids = setup.bots.map(({ bot }) => bot.pid);
  const start = await readInstant(pids, botPids);
  await realClock.sleep(ms, neverAborted);
  const end = await readInstant(pids, botPids);
  const readings = setup.bots.map((bot) => toBotReading(bot, start, end));
  return {
    bots: await Promise.all(readings),
    machine: toMachineUsage(pids, start, end),
  };
}

function listPids({ bots }: CpuSetup) {
  const pids = bots.flatMap(({ bot, people, servers }) => [
    bot.pid,
    people.pid,
    servers.pid,
  ]);
  return [...pids, process.pid];
}

async function readInstant(
  pids: readonly number[],
  botPids: readonly number[],
): Promise<UsageInstant> {
  const machine = await readMachineTimes();
  const threads = await Promise.all(
    pids.map(async (pid) => {
      const readThreads = botPids.includes(pid)
        ? readFamilyThreads
        : readProcessThreads;
      return [pid, await readThreads(pid)] as const;
    }),
  );
  const childThreads = await Promise.all(
    botPids.map(async (pid) => [pid, await readChildThreads(pid)] as const),
  );
  const memory = await Promise.all(
    botPids.map(async (pid) => [pid, await readFamilyMb(pid)] as const),
  );
  return {
    atMs: realClock.nowMs(),
    threads: new Map(threads),
    childThreads: new Map(childThreads),
    residentMb: new Map(memory),
    ...machine,
  };
}

/** Time of all processors since the machine was started, but for interrupts. Source: Linux, proc_stat(5). */
async function readMachineTimes() {
  const stat = await readFile('/proc/stat', 'utf8');
  const [, ...fields] = stat.slice(0, stat.indexOf('\n')).split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0] = fields;
  const stolen = fields[7] ?? 0;
  return {
    busySeconds: (user + nice + system) / ticksPerSecond,
    stolenSeconds: stolen / ticksPerSecond,
  };
}

async function toBotReading(
  { label, bot, people, servers }: BotUnderTest,
  start: UsageInstant,
  end: UsageInstant,
): Promise<BotReading> {
  const figures = await people.sendOrder({ do: 'end' }, orderTimeoutMs);
  const minutes = measureMinutes(start, end);
  const models = measureUsage(
    bot.pid,
    start.childThreads.get(bot.pid) ?? new Map(),
    end.childThreads.get(bot.pid) ?? new Map(),
  );
  const residentMb = end.residentMb.get(bot.pid) ?? noMemory;
  return {
    label,
    minutes,
    ...toProcessUsage(bot.pid, start, end),
    modelsCpu: models.cpuMs / 1_000 / minutes,
    residentMb,
    grownMb: addMb(residentMb) - addMb(start.residentMb.get(bot.pid) ?? noMemory),
    people: figures as PeopleFigures,
    peopleCpu: toProcessUsage(people.pid, start, end).cpu,
    serversCpu: toProcessUsage(servers.pid, start, end).cpu,
  };
}

const noMemory: FamilyMb = { botMb: 0, modelsMb: 0 };

function toMachineUsage(
  pids: readonly number[],
  start: UsageInstant,
  end: UsageInstant,
) {
  const minutes = measureMinutes(start, end);
  const ours = sumValues(pids, (pid) => toProcessUsage(pid, start, end).cpu);
  const busy = (end.busySeconds - start.busySeconds) / minutes;
  return {
    others: Math.max(0, busy - ours),
    stolen: (end.stolenSeconds - start.stolenSeconds) / minutes,
  };
}

/** Sums all threads of a process, of a bot with the model process. */
function toProcessUsage(pid: number, start: UsageInstant, end: UsageInstant) {
  const minutes = measureMinutes(start, end);
  const { cpuMs, wakeUps, mainCpuMs, mainWakeUps } = measureUsage(
    pid,
    start.threads.get(pid) ?? new Map(),
    end.threads.get(pid) ?? new Map(),
  );
  return {
    cpu: cpuMs / 1_000 / minutes,
    mainCpu: mainCpuMs / 1_000 / minutes,
    wakeUps: wakeUps / 60 / minutes,
    mainWakeUps: mainWakeUps / 60 / minutes,
  };
}

function measureMinutes(start: UsageInstant, end: UsageInstant) {
  return (end.atMs - start.atMs) / 60_000;
}

/** Finds the reason why a reading is worth little: somebody else used the machine. Undefined: nobody did. */
export function findDisturbance({ others, stolen }: MachineUsage): string | undefined {
  if (stolen > maxStolenSeconds)
    return `the host took ${stolen.toFixed(1)} s/min of processor`;
  if (others > maxOthersSeconds)
    return `other programs took ${others.toFixed(1)} s/min of processor`;
  return undefined;
}

/** Finds the reason why the delays say nothing of the bot: people or servers could do no more. Undefined: they could. */
export function findExhaustion({
  people,
  peopleCpu,
  serversCpu,
}: BotReading): string | undefined {
  const lateShare = people.latePackets / Math.max(1, people.sentPackets);
  if (lateShare > maxLateShare)
    return `${(100 * lateShare).toFixed(1)} % of people's packets left late`;
  if (peopleCpu > maxBusySeconds)
    return `people took ${peopleCpu.toFixed(0)} s/min of a core`;
  if (serversCpu > maxBusySeconds)
    return `the mock servers took ${serversCpu.toFixed(0)} s/min of a core`;
  return undefined;
}
