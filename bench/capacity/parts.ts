import { isDeepStrictEqual } from 'node:util';
import { realClock } from '#src/base/clock.ts';
import { type CapacitySetup, openCapacitySetup, type PacketFates } from './capacity-setup.ts';
import type { CapacityPreloadOrder, PeopleFigures } from './orders.ts';
import { type CapacityReading, fatesSince, read } from './reading.ts';
import { broken, disturbance, usedUp } from './verdict.ts';

export type CapacityOptions = {
  /** How many channels, or people who talk. */
  readonly steps: readonly number[];
  /** Of each reading. */
  readonly minutes: number;
  /** Readings that were disturbed are shown, and marked. */
  readonly showsDisturbed: boolean;
  /** `NODE_OPTIONS` of the bot. */
  readonly nodeOptions: string;
};

/** A reading at so many channels or talkers, and what is to be said of it. */
export type CapacityStep = {
  readonly count: number;
  readonly reading: CapacityReading;
  readonly disturbed: string | undefined;
  readonly usedUp: string | undefined;
  readonly broken: string | undefined;
};

/** Until what a start or a join takes is over, in ms. */
const [startedMs, settleMs] = [15_000, 3_000];
/** Until all who are to talk do, in ms. */
const talkingMs = 10_000;
const orderMs = 180_000;
/** Of a process without a channel, which takes little, and of one conversation alone, with which all others are compared. */
const leastMinutes = 1.5;
/** A disturbed reading is taken anew so often. */
const retries = 1;
/** Nothing came for so long: nothing waits any more. Longer than the bot takes to ask what the kernel dropped. */
const restMs = 1_500;
/** How long the event loop is held while people talk, in ms. */
export const heldMs = 300;
const never = new AbortController().signal;

/** Reads the bot with more and more channels, after it had none; ends where the bar breaks or the machine is used up. */
export async function readChannels(
  part: 'conversation' | 'silent',
  options: CapacityOptions,
): Promise<readonly CapacityStep[]> {
  await using setup = await openTold(options);
  await realClock.sleep(startedMs, never);
  const base = part === 'silent' ? { leastMinutes } : {};
  const steps = [await readStep(setup, 0, options, base)];
  let alone: CapacityReading | undefined;
  for (const count of options.steps) {
    if (!(await isBroughtTo(setup, part, count))) break;
    const isAlone = part === 'conversation' && count === 1;
    const step = await readStep(setup, count, options, { alone, ...(isAlone && { leastMinutes }) });
    if (isAlone && !step.disturbed) alone = step.reading;
    steps.push(step);
    tell(part, step);
    if (step.usedUp || step.broken) break;
  }
  return steps;
}

/** With the ids of its processes, for whoever looks at them meanwhile. */
async function openTold({ nodeOptions }: CapacityOptions): Promise<CapacitySetup> {
  const setup = await openCapacitySetup(nodeOptions);
  const { bot, people, servers } = setup;
  console.log(`processes: bot ${bot.pid}, people ${people.pid}, servers ${servers.pid}`);
  return setup;
}

/** False, and told, when the bot could not be called into so many channels: then there is nothing to read. */
async function isBroughtTo(
  { people }: CapacitySetup,
  part: 'conversation' | 'silent',
  channels: number,
): Promise<boolean> {
  try {
    await people.ask({ do: 'call', channels }, orderMs);
    if (part === 'conversation') await people.ask({ do: 'converse', channels }, orderMs);
    await realClock.sleep(part === 'conversation' ? talkingMs : settleMs, never);
    return true;
  } catch (error) {
    console.error(`${part}, ${channels}: the bot could not be called. ${error}`);
    process.exitCode = 1;
    return false;
  }
}

/** What one stall of the event loop lost while people talked. */
export type StallLoss = {
  readonly talkers: number;
  readonly sent: number;
  /** What became of them at the bot. */
  readonly packets: PacketFates;
};

/** Reads the bot in one channel with more and more people who talk all at once. */
export async function readTalkers(
  options: CapacityOptions,
): Promise<{ readonly steps: readonly CapacityStep[]; readonly loss: StallLoss }> {
  await using setup = await openTold(options);
  await setup.people.ask({ do: 'talk', talkers: 0 }, orderMs);
  await realClock.sleep(startedMs, never);
  const steps = [await readStep(setup, 0, options)];
  for (const count of options.steps) {
    await setup.people.ask({ do: 'talk', talkers: count }, orderMs);
    await realClock.sleep(settleMs, never);
    const step = await readStep(setup, count, options);
    steps.push(step);
    tell('talkers', step);
    if (step.usedUp) break;
  }
  return { steps, loss: await lossOfStall(setup, steps.at(-1)?.count ?? 0) };
}

type StepNeeds = { readonly alone?: CapacityReading | undefined; readonly leastMinutes?: number };

async function readStep(
  setup: CapacitySetup,
  count: number,
  { minutes, showsDisturbed }: CapacityOptions,
  { alone, leastMinutes: least = 0 }: StepNeeds = {},
): Promise<CapacityStep> {
  for (let n = 0; ; n++) {
    const reading = await read(setup, Math.max(least, minutes));
    const disturbed = disturbance(reading);
    if (disturbed && n < retries && !showsDisturbed) continue;
    const exhausted = disturbed ? undefined : usedUp(reading);
    const bar = disturbed || exhausted ? undefined : broken(reading, alone);
    return { count, reading, disturbed, usedUp: exhausted, broken: bar };
  }
}

/** Everybody begins to talk, and the event loop of the bot is held meanwhile: each packet counts that was sent until all are silent. */
export async function lossOfStall(setup: CapacitySetup, talkers: number): Promise<StallLoss> {
  const { bot, people } = setup;
  await people.ask({ do: 'rest' }, orderMs);
  const before = await packetsAtRest(setup);
  await people.ask({ do: 'begin' }, orderMs);
  await people.ask({ do: 'talk', talkers }, orderMs);
  await realClock.sleep(1_500, never);
  bot.send({ do: 'hold', forMs: heldMs } satisfies CapacityPreloadOrder);
  await realClock.sleep(1_500, never);
  await people.ask({ do: 'rest' }, orderMs);
  const { sentPackets: sent } = (await people.ask({ do: 'end' }, orderMs)) as PeopleFigures;
  return { talkers, sent, packets: fatesSince(before, await packetsAtRest(setup)) };
}

/** Once all that waits in the bot's socket has been read; of a bot that does not keep up, after a minute. */
async function packetsAtRest(setup: CapacitySetup): Promise<PacketFates> {
  let packets = await setup.packets();
  for (let n = 0; n < 60_000 / restMs; n++) {
    await realClock.sleep(restMs, never);
    const before = packets;
    packets = await setup.packets();
    if (isDeepStrictEqual(before, packets)) break;
  }
  return packets;
}

function tell(
  part: string,
  { count, disturbed, usedUp: exhausted, broken: bar }: CapacityStep,
): void {
  const why = disturbed ?? exhausted ?? bar ?? 'read';
  console.log(`${part}, ${count}: ${why}`);
}
