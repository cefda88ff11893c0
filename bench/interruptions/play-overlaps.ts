import { sumValues } from '#bench/format-table.ts';
import {
  type BenchChannel,
  isAtRest,
  openStoryChannel,
  passUntil,
  sayText,
  tellStory,
  waitUntil,
} from '#bench/manners/bench-channel.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { OverlapSound } from './overlap-sounds.ts';

/** What the bot did when this sound came over its answer. Times count in ms from the begin of the sound. */
export type PlayedOverlap = {
  readonly sound: OverlapSound;
  /** Time for which the answer had sounded. */
  readonly saidAfterMs: number;
  /** Begin of the silence that ended the answer. Undefined: it went on. */
  readonly endedMs?: number;
  /** Begin of the first silence. */
  readonly silentMs?: number;
  /** The answer was lower than usual, or silent. */
  readonly isDucked: boolean;
  /** Time from the end of the sound until the answer was back at full level for good, where it went on. */
  readonly backMs?: number;
};

type Frame = { readonly atMs: number; readonly mean: number };

/** Within its first second the person may go on with a question that seemed to be over. */
const saidAfterMs = [300, 1_500] as const;
/** Time after the end of a sound by which its fate is known. */
const knownAfterMs = 4_000;
/** Mean of the samples of the voice that speaks here, which is 4,001 and more, and in the fade of a frame. */
const [fullMean, silentMean] = [3_200, 200];
const frameMs = 20;
const guildId = toGuildId('g');

/** Lets the person who is answered make each sound over a long answer, on virtual time. */
export async function playOverlaps(
  sounds: readonly OverlapSound[],
): Promise<readonly PlayedOverlap[]> {
  const frames: Frame[] = [];
  const channel = await openStoryChannel({
    onFrame: (samples, atMs) => frames.push({ atMs, mean: measureMean(samples) }),
  });
  const played: PlayedOverlap[] = [];
  for (const [n, sound] of sounds.entries())
    played.push(
      await playOverlap(
        channel,
        frames,
        sound,
        saidAfterMs[n % saidAfterMs.length] ?? 0,
      ),
    );
  return played;
}

function measureMean(samples: Int16Array) {
  return Math.abs(sumValues(samples, (sample) => sample)) / samples.length;
}

async function playOverlap(
  channel: BenchChannel,
  frames: Frame[],
  sound: OverlapSound,
  afterMs: number,
): Promise<PlayedOverlap> {
  const { clock, fixture } = channel;
  await tellStory(channel);
  frames.length = 0;
  const reply = findReply(channel);
  const utterance = sayText(
    channel,
    toPersonId('ana'),
    sound.text,
    clock.nowMs() + afterMs,
    sound.sound,
  );
  const toMs = utterance.fromMs + sound.sound.ms;
  let overMs: number | undefined;
  while (clock.nowMs() < toMs + knownAfterMs && overMs === undefined) {
    await passUntil(channel, clock.nowMs() + frameMs);
    if (findReply(channel) !== reply) overMs = clock.nowMs();
  }
  fixture.talk.stopSpeaking(guildId);
  await waitUntil(channel, () => isAtRest(channel));
  await passUntil(channel, Math.max(clock.nowMs(), toMs) + 2_000);
  const heardFrames = frames.filter(
    ({ atMs }) => atMs <= (overMs ?? toMs + knownAfterMs),
  );
  return {
    sound,
    saidAfterMs: afterMs,
    ...judgeFrames(heardFrames, utterance.fromMs, toMs, overMs),
  };
}

function findReply({ fixture }: BenchChannel) {
  return fixture.sessions.findSession(guildId)?.loop.state.turnQueue.current?.reply;
}

/** Judges how the level of the voice went, from the begin of a sound on. A frame that never came is silent. */
function judgeFrames(
  frames: readonly Frame[],
  fromMs: number,
  toMs: number,
  overMs: number | undefined,
): Omit<PlayedOverlap, 'sound' | 'saidAfterMs'> {
  const means = new Map(frames.map(({ atMs, mean }) => [atMs, mean]));
  const untilMs = overMs ?? toMs + knownAfterMs - frameMs;
  const instants = Array.from(
    { length: Math.max(0, Math.floor((untilMs - fromMs) / frameMs)) },
    (_, n) => fromMs + n * frameMs,
  );
  const isBelow = (atMs: number, mean: number) => (means.get(atMs) ?? 0) < mean;
  const firstSilentMs = instants.find((atMs) => isBelow(atMs, silentMean));
  const lastHeardMs = instants.findLast((atMs) => !isBelow(atMs, silentMean));
  const lastLowMs = instants.findLast((atMs) => isBelow(atMs, fullMean));
  return {
    isDucked: lastLowMs !== undefined,
    ...(firstSilentMs !== undefined && { silentMs: firstSilentMs - fromMs }),
    ...(overMs !== undefined && {
      endedMs: Math.max(0, (lastHeardMs ?? fromMs) + frameMs - fromMs),
    }),
    ...(overMs === undefined &&
      lastLowMs !== undefined && { backMs: Math.max(0, lastLowMs + frameMs - toMs) }),
  };
}
