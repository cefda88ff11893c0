import { findPercentile } from '#bench/format-table.ts';
import {
  type BenchChannel,
  openStoryChannel,
  passUntil,
  sayText,
  tellStory,
  voices,
} from './bench-channel.ts';
import type { MicrophoneSound } from './simulated-microphones.ts';

export type DelayPercentiles = { readonly p50Ms: number; readonly p95Ms: number };

export type InterruptionDelays = {
  /** From the first packet of a sentence to the last frame of speech. */
  readonly silent: DelayPercentiles;
  /** From the last packet of a sound under 400 ms that is no word to the first frame at full level; infinite where none comes. */
  readonly full: DelayPercentiles;
  /** Number of these sounds that silence the bot. */
  readonly gaps: number;
};

const frameMs = 20;
/** It speaks for so long before. */
const interruptedAfterMs = 1_500;
const clipsPerPerson = 24;
const shortestSentenceMs = 700;
const shortestGapMs = 60;
/** Sample value of a frame at full level. */
const fullLevel = 4_000;

/** Five people interrupt an answer to them with a sentence, and with the beginning of a word. */
export async function measureInterruptions() {
  const channel = await openStoryChannel(5);
  const sentences: Interruption[] = [];
  const beginnings: Interruption[] = [];
  for (const { id } of channel.people) {
    for (const [n, sound] of (voices.get(id) ?? [])
      .slice(0, clipsPerPerson)
      .entries()) {
      const packets = sound.packets.slice(0, 7 + (n % 12));
      const beginning = { packets, ms: packets.length * frameMs };
      beginnings.push(await interruptAnswer(channel, id, 'Mhm.', beginning));
      if (sound.ms < shortestSentenceMs) continue;
      sentences.push(await interruptAnswer(channel, id, 'And what then?', sound));
    }
  }
  return {
    silent: toPercentiles(sentences.map(({ silentMs }) => silentMs)),
    full: toPercentiles(beginnings.map(({ fullMs }) => fullMs)),
    gaps: beginnings.filter(({ gapMs }) => gapMs > shortestGapMs).length,
  };
}

export function toPercentiles(delaysMs: readonly number[]) {
  return {
    p50Ms: findPercentile(delaysMs, 0.5),
    p95Ms: findPercentile(delaysMs, 0.95),
  };
}

type Interruption = {
  readonly silentMs: number;
  readonly fullMs: number;
  /** Longest time without a frame of speech. */
  readonly gapMs: number;
};

async function interruptAnswer(
  channel: BenchChannel,
  who: string,
  text: string,
  sound: MicrophoneSound,
) {
  const { clock, voiceFrames, fixture } = channel;
  await tellStory(channel, who);
  const { fromMs, toMs } = sayText(
    channel,
    who,
    text,
    clock.nowMs() + interruptedAfterMs,
    sound,
  );
  await passUntil(channel, toMs);
  const silentMs = (voiceFrames.at(-1)?.atMs ?? 0) - fromMs;
  await passUntil(channel, toMs + 2_000);
  const frames = voiceFrames.filter(({ atMs }) => atMs >= fromMs);
  fixture.talk.stopSpeaking('g');
  await passUntil(channel, clock.nowMs() + 2_000);
  const gapMs = Math.max(...frames.map((_, n) => measureGapMs(frames, n)));
  return { silentMs, fullMs: measureFullDelayMs(frames, toMs), gapMs };
}

/** Delay, in ms, from the end of a sound to the first frame at full level; 0 where the level never fell, infinite where it stays down. */
export function measureFullDelayMs(frames: BenchChannel['voiceFrames'], toMs: number) {
  const loud = frames.filter(({ level }) => level > fullLevel);
  if (loud.at(-1) !== frames.at(-1)) return Number.POSITIVE_INFINITY;
  const back = loud.findLast((_, n) => measureGapMs(loud, n) > 0);
  return Math.max(0, (back?.atMs ?? 0) - toMs);
}

function measureGapMs(frames: BenchChannel['voiceFrames'], n: number) {
  const [former, frame] = [frames[n - 1], frames[n]];
  return former && frame ? frame.atMs - former.atMs - frameMs : 0;
}
