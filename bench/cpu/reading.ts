import { machineTimes } from '#bench/processes/processor.ts';
import {
  type ProcessThreads,
  processThreads,
  residentMb,
  type ThreadUsage,
  usageOf,
} from '#bench/processes/threads.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import type { PeopleFigures } from './orders.ts';

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

const answerMs = 30_000;
const never = new AbortController().signal;

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
  const { cpuMs, wakeUps, mainWakeUps }: ThreadUsage = usageOf(
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
