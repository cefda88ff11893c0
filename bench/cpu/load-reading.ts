import { readFile } from 'node:fs/promises';
import { sumValues } from '#bench/format-table.ts';
import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import type { PeopleFigures } from './orders.ts';
import {
  measureUsage,
  readFamilyThreads,
  readProcessThreads,
  readResidentMb,
} from './thread-times.ts';

export type BotReading = Awaited<ReturnType<typeof toBotReading>>;
type UsageInstant = Awaited<ReturnType<typeof readInstant>>;

/** Ticks of the kernel's clock: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
const toAnswerDelays = 30_000;
const neverAborted = new AbortController().signal;

/** Seconds a minute that others, or the host, may take before a reading is worth little. */
const maxOthersSeconds = 6;
const maxStolenSeconds = 0.6;
/** Share of what people sent that may leave more than 20 ms late. */
const maxLateShare = 0.005;
/** Seconds a minute in which a process of one thread still keeps time. */
const maxBusySeconds = 54;

/** Reads the bots, all at the same time, from now on, for so long. */
export async function readLoad(setup: CpuSetup, ms: number) {
  await Promise.all(
    setup.bots.map(({ people }) => people.sendOrder({ do: 'begin' }, toAnswerDelays)),
  );
  const pids = listPids(setup);
  const bots = setup.bots.map(({ bot }) => bot.pid);
  const before = await readInstant(pids, bots);
  await realClock.sleep(ms, neverAborted);
  const after = await readInstant(pids, bots);
  const readings = setup.bots.map((one) => toBotReading(one, before, after));
  return {
    bots: await Promise.all(readings),
    machine: toMachineUsage(pids, before, after),
  };
}

function listPids({ bots }: CpuSetup) {
  const ofBots = bots.flatMap(({ bot, people, servers }) => [
    bot.pid,
    people.pid,
    servers.pid,
  ]);
  return [...ofBots, process.pid];
}

/** Times since the processes began, and resident memory. */
async function readInstant(pids: readonly number[], bots: readonly number[]) {
  const machine = await readMachineTimes();
  const threads = await Promise.all(
    pids.map(async (pid) => {
      const read = bots.includes(pid) ? readFamilyThreads : readProcessThreads;
      return [pid, await read(pid)] as const;
    }),
  );
  const memory = await Promise.all(
    pids.map(async (pid) => [pid, await readResidentMb(pid)] as const),
  );
  const processes = { threads: new Map(threads), residentMb: new Map(memory) };
  return { atMs: realClock.nowMs(), ...processes, ...machine };
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
  before: UsageInstant,
  after: UsageInstant,
) {
  const figures = await people.sendOrder({ do: 'end' }, toAnswerDelays);
  const [fromMb = 0, toMb = 0] = [before, after].map(({ residentMb: of }) =>
    of.get(bot.pid),
  );
  return {
    label,
    minutes: measureMinutes(before, after),
    ...toProcessUsage(bot.pid, before, after),
    residentMb: toMb,
    /** It falls where caches are given back. */
    grownMb: toMb - fromMb,
    people: figures as PeopleFigures,
    /** Of Discord with its people, and of the mock servers. */
    peopleCpu: toProcessUsage(people.pid, before, after).cpu,
    serversCpu: toProcessUsage(servers.pid, before, after).cpu,
  };
}

/** CPU time in seconds a minute: of whatever else ran on this machine, and taken by its host. */
function toMachineUsage(
  pids: readonly number[],
  before: UsageInstant,
  after: UsageInstant,
) {
  const minutes = measureMinutes(before, after);
  const ours = sumValues(pids, (pid) => toProcessUsage(pid, before, after).cpu);
  const busy = (after.busySeconds - before.busySeconds) / minutes;
  return {
    others: Math.max(0, busy - ours),
    stolen: (after.stolenSeconds - before.stolenSeconds) / minutes,
  };
}

/** CPU time in seconds a minute, and wake-ups a second, of all threads of a process (a bot's with the model process) and of its main thread. */
function toProcessUsage(pid: number, before: UsageInstant, after: UsageInstant) {
  const minutes = measureMinutes(before, after);
  const { cpuMs, wakeUps, mainWakeUps } = measureUsage(
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

function measureMinutes(before: UsageInstant, after: UsageInstant) {
  return (after.atMs - before.atMs) / 60_000;
}

/** Why the reading is worth little: somebody else used the machine. Undefined: nobody did. */
export function findDisturbance({ others, stolen }: ReturnType<typeof toMachineUsage>) {
  if (stolen > maxStolenSeconds)
    return `the host took ${stolen.toFixed(1)} s/min of processor`;
  if (others > maxOthersSeconds)
    return `other programs took ${others.toFixed(1)} s/min of processor`;
  return undefined;
}

/** Why its delays say nothing of the bot: people or servers could do no more. */
export function findExhaustion({ people, peopleCpu, serversCpu }: BotReading) {
  const late = people.latePackets / Math.max(1, people.sentPackets);
  if (late > maxLateShare)
    return `${(100 * late).toFixed(1)} % of people's packets left late`;
  if (peopleCpu > maxBusySeconds)
    return `people took ${peopleCpu.toFixed(0)} s/min of a core`;
  if (serversCpu > maxBusySeconds)
    return `the mock servers took ${serversCpu.toFixed(0)} s/min of a core`;
  return undefined;
}
