import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import { type BotsReading, readLoad } from './load-reading.ts';
import type { AnswerLength, PeopleOrder } from './orders.ts';

export type CpuOptions = {
  /** Minutes of each reading, and of the warm-up before it. */
  readonly minutes: number;
  readonly warmUpMinutes: number;
};

/** One load that is measured. */
export type CpuRow = {
  readonly name: string;
  /** Channels in which the bot sits. */
  readonly channels: number;
  /** Load by people; left out: they are silent. */
  readonly load?: PeopleOrder;
  /** Length of each answer. Default: a sentence. */
  readonly answers?: AnswerLength;
  /** Without people who talk: read at once, for so long, instead of after the warm-up. */
  readonly firstMs?: number;
};

/** CPU usage of the processes under one load. */
export type CpuReading = BotsReading & { readonly row: CpuRow };

/** Time after a start and after a join, in ms, in which the bot is busy with it. */
export const settleTimeMs = 25_000;
/** Quiet after an answer until the next question, in ms; a story that the machine holds up goes on. */
const talkQuietMs = 400;
const storyQuietMs = 5_000;
const talkers = 25;
const maxOrderMs = 180_000;
const neverAborted = new AbortController().signal;

/** Rows for these numbers of channels: silent, each direction of speech alone, and in conversation. */
export function makeChannelRows(steps: readonly number[]) {
  return steps.flatMap((channels) => {
    if (channels === 0) return [{ name: 'no channel', channels }];
    const talk: CpuRow = {
      name: channels === 1 ? 'talk' : `talk in ${channels} channels`,
      channels,
      load: { do: 'converse', channels, quietMs: talkQuietMs },
    };
    return channels === 1 ? [...oneChannelRows, talk] : [talk];
  });
}

const storyRow: PeopleOrder = { do: 'converse', channels: 1, quietMs: storyQuietMs };
const oneChannelRows: readonly CpuRow[] = [
  { name: 'silent channel, first 25 s', channels: 1, firstMs: settleTimeMs },
  { name: 'silent channel, settled', channels: 1 },
  { name: 'bot speaks', channels: 1, load: storyRow, answers: 'story' },
  { name: 'a person speaks', channels: 1, load: { do: 'speak' } },
];

export const talkerRows: readonly CpuRow[] = [
  { name: `${talkers} people speak`, channels: 1, load: { do: 'talk', talkers } },
];

/** Brings the bots to the load of this row and reads them after their warm-up. */
export async function measureRow(setup: CpuSetup, row: CpuRow, options: CpuOptions) {
  const { channels, load, answers = 'sentence' } = row;
  await runInAll(setup, async ({ people, servers }) => {
    await people.sendOrder({ do: 'call', channels }, maxOrderMs);
    await servers.sendOrder({ do: 'answer', length: answers }, maxOrderMs);
    if (load) await people.sendOrder(load, maxOrderMs);
  });
  return {
    ...(await (load
      ? measureLoadedRow(setup, options)
      : measureSilentRow(setup, row, options))),
    row,
  };
}

/** The start, or the row of the first seconds, is part of the warm-up. */
async function measureSilentRow(
  setup: CpuSetup,
  { firstMs }: CpuRow,
  { minutes, warmUpMinutes }: CpuOptions,
) {
  if (firstMs !== undefined) return await readLoad(setup, firstMs);
  await realClock.sleep(warmUpMinutes * 60_000 - settleTimeMs, neverAborted);
  return await readLoad(setup, minutes * 60_000);
}

async function measureLoadedRow(
  setup: CpuSetup,
  { minutes, warmUpMinutes }: CpuOptions,
) {
  await realClock.sleep(warmUpMinutes * 60_000, neverAborted);
  const bots = await readLoad(setup, minutes * 60_000);
  await runInAll(setup, ({ people }) => people.sendOrder({ do: 'rest' }, maxOrderMs));
  return bots;
}

async function runInAll(
  { bots }: CpuSetup,
  run: (one: BotUnderTest) => Promise<unknown>,
) {
  await Promise.all(bots.map(run));
}
