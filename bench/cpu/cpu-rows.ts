import { realClock } from '#src/base/clock.ts';
import type { CpuSetup } from './cpu-setup.ts';
import { type LoadReading, readLoad } from './load-reading.ts';
import { maxOrderMs, type PeopleOrder, talkQuietMs } from './orders.ts';

/** Durations of a measurement. */
export type CpuOptions = {
  /** Minutes of each reading, and of the warm-up before it. */
  readonly minutes: number;
  readonly warmUpMinutes: number;
};

/** One load that is measured: people in so many channels, who talk with the bot or are silent. */
export type CpuRow = {
  readonly name: string;
  readonly channels: number;
  readonly isTalk: boolean;
};

/** CPU usage of the processes under one load. */
export type CpuReading = LoadReading & { readonly row: CpuRow };

const neverAborted = new AbortController().signal;

/** Makes rows for these numbers of channels, in conversation, and for one channel also silent. */
export function makeChannelRows(steps: readonly number[]): readonly CpuRow[] {
  return steps.flatMap((channels): CpuRow[] => {
    if (channels === 0) return [{ name: 'no channel', channels, isTalk: false }];
    if (channels > 1)
      return [{ name: `talk in ${channels} channels`, channels, isTalk: true }];
    return [
      { name: 'silent channel', channels, isTalk: false },
      { name: 'talk', channels, isTalk: true },
    ];
  });
}

/** Brings the bots to the load of this row and reads them after their warm-up. */
export async function measureRow(
  setup: CpuSetup,
  row: CpuRow,
  options: CpuOptions,
): Promise<CpuReading> {
  const { channels, isTalk } = row;
  await orderPeople(setup, { do: 'call', channels });
  if (isTalk)
    await orderPeople(setup, { do: 'converse', channels, quietMs: talkQuietMs });
  await realClock.sleep(options.warmUpMinutes * 60_000, neverAborted);
  const reading = await readLoad(setup, options.minutes * 60_000);
  if (isTalk) await orderPeople(setup, { do: 'rest' });
  return { ...reading, row };
}

async function orderPeople({ bots }: CpuSetup, order: PeopleOrder) {
  await Promise.all(bots.map(({ people }) => people.sendOrder(order, maxOrderMs)));
}
