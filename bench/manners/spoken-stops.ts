import { readFile } from 'node:fs/promises';
import { unpackPackets } from '#bench/turns/voice-clips.ts';
import {
  type BenchChannel,
  isAtRest,
  openStoryChannel,
  passUntil,
  sayText,
  tellStory,
} from './bench-channel.ts';

/** Somebody who says stop. */
export type SpokenStop = { readonly voice: string; readonly say: string };

/** Stops that were said, and those of them that were not heeded. */
export type SpokenStops = {
  readonly tried: number;
  readonly missed: readonly string[];
};

/** It speaks for so long before somebody stops it. */
const stoppedAfterMs = 1_500;
/** Then must be silent so long after the end of the word, for good. */
const [maxSilenceDelayMs, silenceForGoodMs] = [800, 3_000];

export async function readStops(): Promise<readonly SpokenStop[]> {
  const { voices, say: texts }: { voices: string[]; say: string[] } = JSON.parse(
    await readFile(new URL('stops.json', import.meta.url), 'utf8'),
  );
  return voices.flatMap((voice) => texts.map((text) => ({ voice, say: text })));
}

export function findStopPath({ voice, say: text }: SpokenStop) {
  const name = text
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');
  return new URL(`stops/${voice}-${name}.packets`, import.meta.url);
}

/** Stops as sound: each clip, by the person answered and another in turn, into a long answer. */
export async function playStops(stops: readonly SpokenStop[]) {
  const channel = await openStoryChannel();
  const missed: string[] = [];
  for (const [n, stop] of stops.entries()) {
    const isHeeded = await stopStory(channel, stop, n % 2 === 0 ? 'ana' : 'ben');
    if (!isHeeded) missed.push(`${stop.voice}: ${stop.say}`);
  }
  return { tried: stops.length, missed };
}

async function stopStory(channel: BenchChannel, stop: SpokenStop, who: string) {
  const { clock, lastSound } = channel;
  const packets = unpackPackets(await readFile(findStopPath(stop)));
  await tellStory(channel);
  const sound = { packets, ms: packets.length * 20 };
  const { toMs } = sayText(
    channel,
    who,
    stop.say,
    clock.nowMs() + stoppedAfterMs,
    sound,
  );
  await passUntil(channel, toMs + maxSilenceDelayMs + silenceForGoodMs);
  const lastMs = lastSound.lastMs;
  const isOver = isAtRest(channel);
  channel.fixture.talk.stopSpeaking('g');
  await passUntil(channel, clock.nowMs() + 2_000);
  return isOver && lastMs - toMs <= maxSilenceDelayMs;
}
