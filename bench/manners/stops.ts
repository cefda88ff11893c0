import { readFile } from 'node:fs/promises';
import { unpack } from '#bench/turns/clips.ts';
import { type BenchChannel, goTo, isAtRest, openStoryChannel, say, tellStory } from './channel.ts';
import { type DelayPercentiles, percentilesOf } from './interruptions.ts';

/** Somebody who says stop. */
export type Stop = { readonly voice: string; readonly say: string };

/** Stops that were not heeded, and from the first packet of the others to the last frame of the bot's speech. */
export type SpokenStops = DelayPercentiles & {
  readonly tried: number;
  readonly missed: readonly string[];
};

/** It speaks for so long before somebody stops it. */
const speaksMs = 1_500;
/** Then must be silent so long after the end of the word, for good. */
const [silentMs, forGoodMs] = [800, 3_000];

export async function readStops(): Promise<readonly Stop[]> {
  const { voices, say: texts }: { voices: string[]; say: string[] } = JSON.parse(
    await readFile(new URL('stops.json', import.meta.url), 'utf8'),
  );
  return voices.flatMap((voice) => texts.map((text) => ({ voice, say: text })));
}

export function stopPath({ voice, say: text }: Stop): URL {
  const name = text
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');
  return new URL(`stops/${voice}-${name}.packets`, import.meta.url);
}

/** Stops as sound: each clip, by the person answered and another in turn, into a long answer. */
export async function stopAloud(stops: readonly Stop[]): Promise<SpokenStops> {
  const channel = await openStoryChannel(2);
  const missed: string[] = [];
  const delaysMs: number[] = [];
  for (const [n, stop] of stops.entries()) {
    const ms = await silenceAfter(channel, stop, n % 2 === 0 ? 'ana' : 'ben');
    if (ms === undefined) missed.push(`${stop.voice}: ${stop.say}`);
    else delaysMs.push(ms);
  }
  return { tried: stops.length, missed, ...percentilesOf(delaysMs) };
}

async function silenceAfter(
  channel: BenchChannel,
  stop: Stop,
  who: string,
): Promise<number | undefined> {
  const { clock, lastSound } = channel;
  const packets = unpack(await readFile(stopPath(stop)));
  await tellStory(channel, 'ana');
  const sound = { packets, ms: packets.length * 20 };
  const { fromMs, toMs } = say(channel, who, stop.say, clock.nowMs() + speaksMs, sound);
  await goTo(channel, toMs + silentMs + forGoodMs);
  const lastMs = lastSound.lastMs;
  const isOver = isAtRest(channel);
  channel.fixture.talk.stop('g');
  await goTo(channel, clock.nowMs() + 2_000);
  return isOver && lastMs - toMs <= silentMs ? Math.max(0, lastMs - fromMs) : undefined;
}
