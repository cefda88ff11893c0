import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { NarrationChannel } from './barge-in-sandbox.ts';
import { downAt, referenceDb, silentAt } from './heard-levels.ts';

/** Milliseconds from the first voiced packet, or from the command, to what the person heard; undefined: it did not happen. */
export type BargeInTimes = {
  readonly downMs: number | undefined;
  readonly silentMs: number | undefined;
  /** When a recogniser first told words that prove it; only where one streams. */
  readonly provedMs?: number;
};

/** Something said into the story. */
export type Remark = { readonly text: string; readonly pcm: Pcm };

export type InterruptionResults = {
  readonly remarks: BargeInTimes[];
  readonly stops: BargeInTimes[];
  /** Faults of the measurement itself. */
  readonly faults: string[];
};

export type Interrupting = {
  readonly remarks: readonly Remark[];
  readonly rounds: number;
  /** Said by turns; where there are none, `/stop` is typed. */
  readonly stops?: readonly Remark[];
  /** Called before something is said. */
  readonly onRemark?: (remark: Remark) => void;
  readonly reportedAtMs?: () => number | undefined;
};

const downDb = 12;
/** Bounds of the time that the bot speaks before it is interrupted. */
const [leastMs, mostMs] = [500, 1100];
const settleMs = 450;
const beforeMs = 600;

/** Each round: a sentence into the story, and a stop into the one that answers it. */
export async function interrupt(
  channel: NarrationChannel,
  how: Interrupting,
): Promise<InterruptionResults> {
  const random = seededRandom(3);
  const found: InterruptionResults = { remarks: [], stops: [], faults: [] };
  for (let round = 0; round < how.rounds; round++) {
    try {
      const remark = how.remarks[round % how.remarks.length];
      if (!remark) throw new Error('There is nothing to say.');
      await channel.ask();
      await wait(leastMs + random() * (mostMs - leastMs));
      const answeredMs = await interject(channel, remark, how, found.remarks);
      await channel.untilHeard(answeredMs);
      await wait(leastMs + random() * (mostMs - leastMs));
      const stop = how.stops?.[round % how.stops.length];
      if (stop) await interject(channel, stop, how, found.stops);
      else await halt(channel, found.stops);
      await channel.untilQuiet(settleMs);
    } catch (cause) {
      found.faults.push(cause instanceof Error ? cause.message : String(cause));
      await channel.stop();
      await channel.untilQuiet();
    }
  }
  return found;
}

/** When an answer to it may be expected. */
async function interject(
  channel: NarrationChannel,
  remark: Remark,
  { onRemark, reportedAtMs }: Interrupting,
  into: BargeInTimes[],
): Promise<number> {
  onRemark?.(remark);
  const { firstVoicedAtMs, lastVoicedAtMs } = await channel.say(remark.pcm);
  const restMs = Math.max(0, settleMs - (lastVoicedAtMs - firstVoicedAtMs));
  await wait(restMs);
  const reportedMs = reportedAtMs?.();
  const proved = reportedMs !== undefined && { provedMs: reportedMs - firstVoicedAtMs };
  into.push({ ...brokenOff(channel, firstVoicedAtMs), ...proved });
  return lastVoicedAtMs;
}

async function halt(channel: NarrationChannel, into: BargeInTimes[]): Promise<void> {
  const sentAtMs = await channel.stop();
  await wait(settleMs);
  into.push(brokenOff(channel, sentAtMs));
}

function brokenOff(channel: NarrationChannel, sinceMs: number): BargeInTimes {
  const levels = channel.levels(sinceMs - beforeMs);
  const reference = referenceDb(levels, sinceMs);
  const since = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs - sinceMs);
  return {
    downMs: since(downAt(levels, sinceMs, reference, downDb)),
    silentMs: since(silentAt(levels, sinceMs, reference)),
  };
}
