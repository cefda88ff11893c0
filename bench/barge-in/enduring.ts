import { setTimeout as wait } from 'node:timers/promises';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { realClock } from '#src/base/clock.ts';
import type { NarrationChannel } from './barge-in-sandbox.ts';
import { fullAt, type Gap, longestGap } from './heard-levels.ts';
import type { SmallSound, SmallSoundKind } from './small-sounds.ts';

/** Effect of one small sound on the story; `nothing` is the same stretch of time without one. */
export type EnduranceTrial = {
  readonly kind: SmallSoundKind | 'nothing';
  readonly gap: Gap;
  /** From its last voiced packet until the bot was as loud as before, in ms; undefined where it was no quieter. */
  readonly fullMs: number | undefined;
};

export type Endurance = {
  readonly sounds: readonly EnduranceTrial[];
  readonly stories: number;
  /** Stories that were not told to their end. */
  readonly stops: number;
  readonly faults: readonly string[];
};

/** Sounds per story, with a stretch of nothing. */
const perStory = 9;
const everyMs = 2_100;
const jitterMs = 200;
const leadMs = 600;
const answerMs = 500;

/** Stories into which somebody makes sounds that mean nothing, two seconds apart. */
export async function endure(
  channel: NarrationChannel,
  sounds: readonly SmallSound[],
  seed: number,
): Promise<Endurance> {
  const random = seededRandom(seed);
  const found: EnduranceTrial[] = [];
  const faults: string[] = [];
  let [stories, stops] = [0, 0];
  channel.answers();
  for (let at = 0; at < sounds.length; at += perStory) {
    try {
      stories++;
      await channel.ask();
      found.push(...(await disturb(channel, sounds.slice(at, at + perStory), random)));
      await channel.untilQuiet(1_500);
      await wait(answerMs);
      stops += channel.answers().filter(({ finish }) => finish !== 'completed').length;
    } catch (cause) {
      faults.push(cause instanceof Error ? cause.message : String(cause));
      await channel.stop();
      await channel.untilQuiet();
      channel.answers(); // cut by us
    }
  }
  return { sounds: found, stories, stops, faults };
}

async function disturb(
  channel: NarrationChannel,
  sounds: readonly SmallSound[],
  random: () => number,
): Promise<EnduranceTrial[]> {
  const starts: {
    readonly kind: EnduranceTrial['kind'];
    readonly atMs: number;
    readonly overMs: number;
  }[] = [];
  await wait(leadMs);
  const from = realClock.nowMs();
  starts.push({ kind: 'nothing', atMs: from, overMs: from });
  for (const [n, { kind, pcm }] of sounds.entries()) {
    const dueMs = from + (n + 1) * everyMs + (random() - 0.5) * jitterMs - everyMs / 2;
    await wait(Math.max(0, dueMs - realClock.nowMs()));
    if (!channel.sounded(everyMs / 2)) break;
    const { firstPacketAtMs, lastVoicedAtMs } = await channel.say(pcm);
    starts.push({ kind, atMs: firstPacketAtMs, overMs: lastVoicedAtMs });
  }
  await wait(everyMs - jitterMs);
  return starts.map(({ kind, atMs, overMs }, n) => {
    const untilMs = starts[n + 1]?.atMs ?? realClock.nowMs();
    const levels = channel.levels(atMs - 600, untilMs);
    const reference = referenceOf(levels);
    const fullMs = fullAt(levels, atMs, untilMs, reference);
    return {
      kind,
      gap: longestGap(levels, atMs, untilMs, reference),
      fullMs: fullMs && Math.max(0, fullMs - overMs),
    };
  });
}

/** It may be paused just before. */
function referenceOf(levels: readonly { readonly db: number }[]): number {
  const sorted = levels.map(({ db }) => db).toSorted((a, b) => a - b);
  return sorted[Math.floor(0.9 * sorted.length)] ?? 0;
}
