import { readFile } from 'node:fs/promises';
import { unpackPackets } from '#bench/turns/voice-clips.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { readClip } from '#test/audio/clip-archive.ts';
import {
  type BenchChannel,
  isAtRest,
  openStoryChannel,
  passUntil,
  sayText,
  tellStory,
} from './bench-channel.ts';

/** A text that stops the bot, in one voice. */
export type SpokenStop = { readonly voice: string; readonly say: string };

/** Number of stops that were said, and those of them that were not heeded. */
export type SpokenStops = {
  readonly tried: number;
  /** Voice and text of each. */
  readonly missed: readonly string[];
};

/** Time for which the bot speaks before somebody stops it. */
const stoppedAfterMs = 1_500;
/** Time in which the bot must be silent after the end of the word, and the time for which it must stay so. */
const maxSilenceDelayMs = 800;
const silenceForGoodMs = 3_000;

/** Reads `stops.json`: every text in every voice. */
export async function readStops(): Promise<readonly SpokenStop[]> {
  const { voices, say: texts }: { voices: string[]; say: string[] } = JSON.parse(
    await readFile(new URL('stops.json', import.meta.url), 'utf8'),
  );
  return voices.flatMap((voice) => texts.map((text) => ({ voice, say: text })));
}

/** Reads the packets of a stop. */
export function readStop({ voice, say: text }: SpokenStop): readonly Uint8Array[] {
  const name = text
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');
  return unpackPackets(readClip('bench/manners/stops', `${voice}-${name}.packets`));
}

/** Says each stop into a long answer, in turn by the person who is answered and by another. A stop is heeded where the bot falls silent within 0.8 s, and stays so for 3 s. */
export async function playStops(stops: readonly SpokenStop[]): Promise<SpokenStops> {
  const channel = await openStoryChannel();
  const missed: string[] = [];
  for (const [n, stop] of stops.entries()) {
    const isHeeded = await stopStory(
      channel,
      stop,
      n % 2 === 0 ? toPersonId('ana') : toPersonId('ben'),
    );
    if (!isHeeded) missed.push(`${stop.voice}: ${stop.say}`);
  }
  return { tried: stops.length, missed };
}

async function stopStory(channel: BenchChannel, stop: SpokenStop, speakerId: PersonId) {
  const { clock, lastSound } = channel;
  const packets = readStop(stop);
  await tellStory(channel);
  const sound = { packets, ms: packets.length * 20 };
  const { toMs } = sayText(
    channel,
    speakerId,
    stop.say,
    clock.nowMs() + stoppedAfterMs,
    sound,
  );
  await passUntil(channel, toMs + maxSilenceDelayMs + silenceForGoodMs);
  const lastMs = lastSound.lastMs;
  const isOver = isAtRest(channel);
  channel.fixture.talk.stopSpeaking(toGuildId('g'));
  await passUntil(channel, clock.nowMs() + 2_000);
  return isOver && lastMs - toMs <= maxSilenceDelayMs;
}
