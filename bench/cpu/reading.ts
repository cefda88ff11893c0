import { readFile } from 'node:fs/promises';
import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import type { PeopleFigures } from './orders.ts';
import { type ProcessThreads, processThreads, residentMb, usageOf } from './threads.ts';

/** Readings of the bots under one load, all at the same time. */
export type BotsReading = {
  readonly bots: readonly BotReading[];
  readonly machine: MachineUsage;
};

/** CPU time in seconds a minute, and wake-ups a second, of all threads of a process and of its main thread. */
export type ProcessUsage = {
  readonly cpu: number;
  readonly wakeUps: number;
  readonly mainWakeUps: number;
};

export type BotReading = ProcessUsage & {
  readonly label: string;
  readonly minutes: number;
  readonly residentMb: number;
  /** Resident memory beyond that at the start of the reading; it falls where caches are given back. */
  readonly grownMb: number;
  readonly people: PeopleFigures;
  /** CPU time of Discord with its people, and of the mock servers, in seconds a minute. */
  readonly peopleCpu: number;
  readonly serversCpu: number;
};

/** CPU time in seconds a minute: of whatever else ran on this machine, and taken by its host. */
export type MachineUsage = { readonly others: number; readonly stolen: number };

/** Ticks of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const answerMs = 30_000;
const never = new AbortController().signal;

/** Seconds a minute that others, or the host, may take before a reading is worth little. */
const mostOthers = 6;
const mostStolen = 0.6;
/** Share of what people sent that may leave more than 20 ms late. */
const mostLate = 0.005;
/** Seconds a minute in which a process of one thread still keeps time. */
const mostBusy = 54;

/** Reads the bots from now on, for so long. */
export async function read(setup: CpuSetup, ms: number): Promise<BotsReading> {
  await Promise.all(setup.bots.map(({ people }) => people.ask({ do: 'begin' }, answerMs)));
  const pids = allPids(setup);
  const before = await instant(pids);
  await realClock.sleep(ms, never);
  const after = await instant(pids);
  const bots = setup.bots.map((one) => botReading(one, before, after));
  return { bots: await Promise.all(bots), machine: machineUsage(pids, before, after) };
}

function allPids({ bots }: CpuSetup): readonly number[] {
  const ofBots = bots.flatMap(({ bot, people, servers }) => [bot.pid, people.pid, servers.pid]);
  return [...ofBots, process.pid];
}

/** Times since the processes began, and resident memory. */
type Instant = {
  readonly atMs: number;
  readonly residentMb: ReadonlyMap<number, number>;
  readonly threads: ReadonlyMap<number, ProcessThreads>;
  readonly busySeconds: number;
  readonly stolenSeconds: number;
};

async function instant(pids: readonly number[]): Promise<Instant> {
  const machine = await machineTimes();
  const threads = await Promise.all(
    pids.map(async (pid) => [pid, await processThreads(pid)] as const),
  );
  const memory = await Promise.all(pids.map(async (pid) => [pid, await residentMb(pid)] as const));
  const processes = { threads: new Map(threads), residentMb: new Map(memory) };
  return { atMs: realClock.nowMs(), ...processes, ...machine };
}

/** Time of all processors since the machine was started, but for interrupts. Source: Linux, proc_stat(5). */
async function machineTimes(): Promise<Pick<Instant, 'busySeconds' | 'stolenSeconds'>> {
  const stat = await readFile('/proc/stat', 'utf8');
  const [, ...fields] = stat.slice(0, stat.indexOf('\n')).split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0] = fields;
  const stolen = fields[7] ?? 0;
  return {
    busySeconds: (user + nice + system) / ticksPerSecond,
    stolenSeconds: stolen / ticksPerSecond,
  };
}

async function botReading(
  { label, bot, people, servers }: BotUnderTest,
  before: Instant,
  after: Instant,
): Promise<BotReading> {
  const figures = await people.ask({ do: 'end' }, answerMs);
  const [fromMb = 0, toMb = 0] = [before, after].map(({ residentMb: of }) => of.get(bot.pid));
  return {
    label,
    minutes: minutesOf(before, after),
    ...usage(bot.pid, before, after),
    residentMb: toMb,
    grownMb: toMb - fromMb,
    people: figures as PeopleFigures,
    peopleCpu: usage(people.pid, before, after).cpu,
    serversCpu: usage(servers.pid, before, after).cpu,
  };
}

function machineUsage(pids: readonly number[], before: Instant, after: Instant): MachineUsage {
  const minutes = minutesOf(before, after);
  const ours = pids.reduce((sum, pid) => sum + usage(pid, before, after).cpu, 0);
  const busy = (after.busySeconds - before.busySeconds) / minutes;
  return {
    others: Math.max(0, busy - ours),
    stolen: (after.stolenSeconds - before.stolenSeconds) / minutes,
  };
}

function usage(pid: number, before: Instant, after: Instant): ProcessUsage {
  const minutes = minutesOf(before, after);
  const { cpuMs, wakeUps, mainWakeUps } = usageOf(
    pid,
    before.threads.get(pid) ?? new Map(),
    after.threads.get(pid) ?? new Map(),
  );
  return {
    cpu: cpuMs / 1_000 / minutes,
    wakeUps: wakeUps / 60 / minutes,
    mainWakeUps: mainWakeUps / 60 / minutes,
  };
}

function minutesOf(before: Instant, after: Instant): number {
  return (after.atMs - before.atMs) / 60_000;
}

/** Why the reading is worth little: somebody else used the machine. Undefined: nobody did. */
export function disturbance({ others, stolen }: MachineUsage): string | undefined {
  if (stolen > mostStolen) return `the host took ${stolen.toFixed(1)} s/min of processor`;
  if (others > mostOthers) return `other programs took ${others.toFixed(1)} s/min of processor`;
  return undefined;
}

/** Why its delays say nothing of the bot: people or servers could do no more. */
export function usedUp({ people, peopleCpu, serversCpu }: BotReading): string | undefined {
  const late = people.latePackets / Math.max(1, people.sentPackets);
  if (late > mostLate) return `${(100 * late).toFixed(1)} % of people's packets left late`;
  if (peopleCpu > mostBusy) return `people took ${peopleCpu.toFixed(0)} s/min of a core`;
  if (serversCpu > mostBusy)
    return `the mock servers took ${serversCpu.toFixed(0)} s/min of a core`;
  return undefined;
}
