import { cpuSeconds, machineTimes } from '#bench/processes/processor.ts';
import { realClock } from '#src/base/clock.ts';
import type { CapacitySetup, PacketFates } from './capacity-setup.ts';
import type { CapacityPreloadOrder, FrameFigures, PeopleFigures } from './orders.ts';

/** What the processes took and did for some time; times of processors in seconds a minute. */
export type CapacityReading = {
  readonly minutes: number;
  readonly cpu: ProcessorTimes;
  /** Of the bot. */
  readonly residentMb: number;
  readonly frames: FrameFigures;
  /** What became of people's packets at the bot. */
  readonly packets: PacketFates;
  readonly people: PeopleFigures;
};

export type ProcessorTimes = {
  readonly bot: number;
  /** Discord and the people in it. */
  readonly people: number;
  readonly servers: number;
  /** Whatever else ran on this machine. */
  readonly others: number;
  /** Taken by the host of this virtual machine. */
  readonly stolen: number;
};

/** In seconds since the processes began. */
type Instant = { readonly atMs: number; readonly cpu: ProcessorTimes };

const answerMs = 30_000;
const never = new AbortController().signal;

/** Reads from now on, for so many minutes. */
export async function read(setup: CapacitySetup, minutes: number): Promise<CapacityReading> {
  const { bot, people } = setup;
  await framesOf(setup);
  const [packets, before] = await Promise.all([
    setup.packets(),
    instant(setup),
    people.ask({ do: 'begin' }, answerMs),
  ]);
  await realClock.sleep(minutes * 60_000, never);
  const [fates, after, figures] = await Promise.all([
    setup.packets(),
    instant(setup),
    people.ask({ do: 'end' }, answerMs),
  ]);
  return {
    minutes: (after.atMs - before.atMs) / 60_000,
    cpu: perMinute(before, after),
    residentMb: (await bot.residentMegabytes()) ?? Number.NaN,
    frames: await framesOf(setup),
    packets: fatesSince(packets, fates),
    people: figures as PeopleFigures,
  };
}

export function fatesSince(before: PacketFates, now: PacketFates): PacketFates {
  const fates = Object.entries(now).map(([what, count]) => [what, count - (before[what] ?? 0)]);
  return Object.fromEntries(fates);
}

function perMinute(before: Instant, after: Instant): ProcessorTimes {
  const minutes = (after.atMs - before.atMs) / 60_000;
  const taken = (key: keyof ProcessorTimes) => (after.cpu[key] - before.cpu[key]) / minutes;
  return {
    bot: taken('bot'),
    people: taken('people'),
    servers: taken('servers'),
    others: Math.max(0, taken('others')),
    stolen: taken('stolen'),
  };
}

async function instant({ bot, people, servers }: CapacitySetup): Promise<Instant> {
  const { busySeconds, stolenSeconds: stolen } = await machineTimes();
  const ours = [bot.pid, people.pid, servers.pid, process.pid].map(cpuSeconds);
  const [ofBot = 0, ofPeople = 0, ofServers = 0, own = 0] = await Promise.all(ours);
  const others = busySeconds - ofBot - ofPeople - ofServers - own;
  const cpu = { bot: ofBot, people: ofPeople, servers: ofServers, others, stolen };
  return { atMs: realClock.nowMs(), cpu };
}

async function framesOf({ bot }: CapacitySetup): Promise<FrameFigures> {
  const told = bot.said(AbortSignal.timeout(answerMs));
  bot.send({ do: 'frames' } satisfies CapacityPreloadOrder);
  return (await told) as FrameFigures;
}
