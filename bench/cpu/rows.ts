import { realClock } from '#src/base/clock.ts';
import type { BotUnderTest, CpuSetup } from './cpu-setup.ts';
import type { AnswerLength, PeopleOrder } from './orders.ts';
import { type BotsReading, read } from './reading.ts';

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
export const settleMs = 25_000;
/** Quiet after an answer until the next question, in ms; a story that the machine holds up goes on. */
const talkQuietMs = 400;
const storyQuietMs = 5_000;
const talkers = 25;
const orderMs = 180_000;
const never = new AbortController().signal;

/** Rows for these numbers of channels: silent, each direction of speech alone, and in conversation. */
export function channelRows(steps: readonly number[]): readonly CpuRow[] {
  return steps.flatMap((channels): readonly CpuRow[] => {
    if (channels === 0) return [{ name: 'no channel', channels }];
    const talk: CpuRow = {
      name: channels === 1 ? 'talk' : `talk in ${channels} channels`,
      channels,
      load: { do: 'converse', channels, quietMs: talkQuietMs },
    };
    return channels === 1 ? [...oneChannel, talk] : [talk];
  });
}

const hearStory: PeopleOrder = { do: 'converse', channels: 1, quietMs: storyQuietMs };
const oneChannel: readonly CpuRow[] = [
  { name: 'silent channel, first 25 s', channels: 1, firstMs: settleMs },
  { name: 'silent channel, settled', channels: 1 },
  { name: 'bot speaks', channels: 1, load: hearStory, answers: 'story' },
  { name: 'a person speaks', channels: 1, load: { do: 'speak' } },
];

export const talkerRows: readonly CpuRow[] = [
  { name: `${talkers} people speak`, channels: 1, load: { do: 'talk', talkers } },
];

/** Brings the bots to the load of this row and reads them after their warm-up. */
export async function readRow(
  setup: CpuSetup,
  row: CpuRow,
  options: CpuOptions,
): Promise<CpuReading> {
  const { channels, load, answers = 'sentence' } = row;
  await inAll(setup, async ({ people, servers }) => {
    await people.ask({ do: 'call', channels }, orderMs);
    await servers.ask({ do: 'answer', length: answers }, orderMs);
    if (load) await people.ask(load, orderMs);
  });
  return { ...(await (load ? readLoaded(setup, options) : readSilent(setup, row, options))), row };
}

/** The start, or the row of the first seconds, is part of the warm-up. */
async function readSilent(
  setup: CpuSetup,
  { firstMs }: CpuRow,
  { minutes, warmUpMinutes }: CpuOptions,
): Promise<BotsReading> {
  if (firstMs !== undefined) return await read(setup, firstMs);
  await realClock.sleep(warmUpMinutes * 60_000 - settleMs, never);
  return await read(setup, minutes * 60_000);
}

async function readLoaded(
  setup: CpuSetup,
  { minutes, warmUpMinutes }: CpuOptions,
): Promise<BotsReading> {
  await realClock.sleep(warmUpMinutes * 60_000, never);
  const bots = await read(setup, minutes * 60_000);
  await inAll(setup, ({ people }) => people.ask({ do: 'rest' }, orderMs));
  return bots;
}

async function inAll({ bots }: CpuSetup, run: (one: BotUnderTest) => Promise<unknown>) {
  await Promise.all(bots.map(run));
}
