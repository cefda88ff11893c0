import { realClock } from '#src/base/clock.ts';
import { type CostParts, profileParts } from './cost-parts.ts';
import type { CpuSetup } from './cpu-setup.ts';
import { type LoadReading, readLoad } from './load-reading.ts';
import {
  maxOrderMs,
  type PeopleOrder,
  talkOverPauseMs,
  talkQuietMs,
} from './orders.ts';

/** Durations of a measurement. */
export type CpuOptions = {
  /** Minutes of each reading, and of the warm-up before it. */
  readonly minutes: number;
  readonly warmUpMinutes: number;
  /** Whether a talk is profiled after its reading. */
  readonly isProfiled: boolean;
};

/**
 * One load that is measured: people in so many channels. `silence`: nobody speaks; `turns`: one person of each channel talks with the
 * bot; `talk-over`: all people of one channel talk over each other.
 */
export type CpuRow = {
  readonly name: string;
  readonly channels: number;
  /** In each channel. */
  readonly people: number;
  readonly load: 'silence' | 'turns' | 'talk-over';
};

/** CPU usage of the processes under one load, and where that of each bot's main thread goes. None without a talk. */
export type CpuReading = LoadReading & {
  readonly row: CpuRow;
  readonly parts: readonly CostParts[];
};

/** What a profile looks at, after the reading: it costs time itself. */
const profiledMs = 20_000;

const neverAborted = new AbortController().signal;

/** Makes rows for these numbers of channels, in conversation, and for one channel also silent. */
export function makeChannelRows(steps: readonly number[]): readonly CpuRow[] {
  return steps.flatMap((channels): CpuRow[] => {
    const row = { channels, people: 1 };
    if (channels === 0) return [{ ...row, name: 'no channel', load: 'silence' }];
    if (channels > 1)
      return [{ ...row, name: `talk in ${channels} channels`, load: 'turns' }];
    return [
      { ...row, name: 'silent channel', load: 'silence' },
      { ...row, name: 'talk', load: 'turns' },
    ];
  });
}

/** Makes rows for these numbers of people in one channel: one of them talks with the bot, and all of them over each other. */
export function makePeopleRows(counts: readonly number[]): readonly CpuRow[] {
  return counts.flatMap((people): CpuRow[] => [
    { name: `1 of ${people} talks`, channels: 1, people, load: 'turns' },
    { name: `${people} at once`, channels: 1, people, load: 'talk-over' },
  ]);
}

/** Brings the bots to the load of this row and reads them after their warm-up. */
export async function measureRow(
  setup: CpuSetup,
  row: CpuRow,
  options: CpuOptions,
): Promise<CpuReading> {
  for (const order of listOrders(row)) await orderPeople(setup, order);
  await realClock.sleep(options.warmUpMinutes * 60_000, neverAborted);
  const reading = await readLoad(setup, options.minutes * 60_000);
  if (row.load === 'silence') return { ...reading, row, parts: [] };
  const profiled = options.isProfiled ? setup.bots : [];
  const parts = await Promise.all(
    profiled.map(({ bot, inspectPort }) =>
      profileParts(bot.pid, inspectPort, profiledMs),
    ),
  );
  await orderPeople(setup, { do: 'rest' });
  return { ...reading, row, parts };
}

function listOrders({ channels, load, people }: CpuRow): readonly PeopleOrder[] {
  const isCompany = people > 1;
  const call: PeopleOrder = { do: 'call', channels, people };
  const seats: readonly PeopleOrder[] = isCompany ? [call, { do: 'deafen' }] : [call];
  if (load === 'silence') return seats;
  if (load === 'talk-over')
    return [...seats, { do: 'talk-over', pauseMs: talkOverPauseMs }];
  const talk = { channels, quietMs: talkQuietMs, isFirstAlone: true };
  return [...seats, { do: 'converse', ...talk }];
}

async function orderPeople({ bots }: CpuSetup, order: PeopleOrder) {
  await Promise.all(bots.map(({ people }) => people.sendOrder(order, maxOrderMs)));
}
