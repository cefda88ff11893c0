import { addSamples } from '#sandbox/voice-client/client-microphone.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { cutFrames, roomRateHz, sendPackets } from './microphone-client.ts';
import { findSoundingStretches } from './sound-labels.ts';
import type { TurnScenario } from './turn-scenarios.ts';
import { type ClipWord, decodeClip, readSound, type VoiceClip } from './voice-clips.ts';

type TimeSpan = readonly [fromMs: number, toMs: number];

/** One scene as it arrives at the bot, and the times of its words. */
export type ScenarioSound = {
  readonly scenario: TurnScenario;
  readonly words: readonly ClipWord[];
  /** Spans in which the voice sounds, with the silences of at least 100 ms between. */
  readonly stretches: readonly TimeSpan[];
  readonly packets: readonly Packet[];
  readonly lengthMs: number;
};

const silentLeadMs = 500;
const silentTailMs = 2000;
const samplesPerMs = roomRateHz / 1000;

/** Makes the packets of a scene, as its microphone sends them. Throws where a clip is missing. */
export async function playScenario(
  scenario: TurnScenario,
  clips: ReadonlyMap<string, VoiceClip>,
  codec: OpusCodec,
): Promise<ScenarioSound> {
  const placedClips = placeClips(scenario, clips);
  const words = placedClips.flatMap((placed) => placed.words);
  const lengthMs = Math.ceil(((words.at(-1)?.[2] ?? 0) + silentTailMs) / 20) * 20;
  const samples = new Int16Array(lengthMs * samplesPerMs);
  const gain = 10 ** (scenario.gainDb / 20);
  const stretches: TimeSpan[] = [];
  const openSpans: TimeSpan[] = [];
  for (const placed of placedClips) {
    const soundingSpans = await listSoundingSpans(placed, codec);
    stretches.push(...soundingSpans);
    openSpans.push(...listOpenSpans(placed, soundingSpans));
    await addClip(samples, placed, gain, codec);
  }
  const isOpen = (fromMs: number, toMs: number) =>
    openSpans.some(([start, end]) => fromMs < end && toMs > start);
  const frames = cutFrames(samples, isOpen);
  const packets = [...sendPackets(frames, scenario.profile, codec, makeSeed(scenario))];
  return { scenario, words, stretches, packets, lengthMs };
}

/** Lists the spans of a clip in which its voice sounds, in the time of the scene. */
async function listSoundingSpans({ clip, startMs }: PlacedClip, codec: OpusCodec) {
  const spans =
    clip.stretches ?? findSoundingStretches(await decodeSound(clip, codec, 16_000));
  return spans.map(([from, to]): TimeSpan => [from + startMs, to + startMs]);
}

/** Lists the spans in which a microphone is open: those of a reading, or the whole of another clip. */
function listOpenSpans(
  { clip, words }: PlacedClip,
  soundingSpans: readonly TimeSpan[],
): readonly TimeSpan[] {
  if (clip.stretches) return soundingSpans;
  return [[words[0]?.[1] ?? 0, words.at(-1)?.[2] ?? 0]];
}

async function addClip(
  samples: Int16Array,
  { clip, startMs }: PlacedClip,
  gain: number,
  codec: OpusCodec,
) {
  const sound = decodeSound(clip, codec, roomRateHz);
  const louder = sound.map((value) => Math.round(value * gain));
  const target = samples.subarray(startMs * samplesPerMs).subarray(0, sound.length);
  addSamples(target, louder);
}

function decodeSound(
  { id, packed }: VoiceClip,
  codec: OpusCodec,
  rateHz: 16_000 | 48_000,
) {
  return packed ? decodeClip(packed, codec, rateHz) : readSound(id, codec, rateHz);
}

/** Makes the seed of the room's noise. */
function makeSeed({ id }: TurnScenario) {
  return [...id].reduce((seed, letter) => seed * 31 + (letter.codePointAt(0) ?? 0), 1);
}

type PlacedClip = {
  readonly clip: VoiceClip;
  readonly startMs: number;
  readonly words: readonly ClipWord[];
};

function placeClips(
  { clips: ids, pausesMs }: TurnScenario,
  clips: ReadonlyMap<string, VoiceClip>,
): PlacedClip[] {
  let soundAtMs = silentLeadMs;
  return ids.map((id, n) => {
    const clip = clips.get(id);
    const firstWord = clip?.words.at(0);
    const lastWord = clip?.words.at(-1);
    if (!clip || !firstWord || !lastWord) throw new Error(`There is no clip ${id}.`);
    const startMs = soundAtMs - firstWord[1];
    soundAtMs = startMs + lastWord[2] + (pausesMs[n] ?? 0);
    const words = clip.words.map(
      ([text, fromMs, toMs]) => [text, fromMs + startMs, toMs + startMs] as const,
    );
    return { clip, startMs, words };
  });
}
