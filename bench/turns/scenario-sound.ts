import { addSamples } from '#sandbox/voice-client/client-microphone.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { cutFrames, roomRateHz, sendPackets } from './microphone-client.ts';
import { findSoundingStretches } from './sound-labels.ts';
import type { TurnScenario } from './turn-scenarios.ts';
import { type ClipWord, decodeClip, readSound, type VoiceClip } from './voice-clips.ts';

type TimeSpan = readonly [fromMs: number, toMs: number];

/** One scene as it arrives at the bot, and what was said in it when. */
export type ScenarioSound = {
  readonly scenario: TurnScenario;
  readonly words: readonly ClipWord[];
  /** Where the voice sounds, with the silences of at least 100 ms between. */
  readonly stretches: readonly TimeSpan[];
  readonly packets: readonly Packet[];
  readonly lengthMs: number;
};

const [silentLeadMs, silentTailMs] = [500, 2000];
const samplesPerMs = roomRateHz / 1000;

export async function playScenario(
  scenario: TurnScenario,
  clips: ReadonlyMap<string, VoiceClip>,
  codec: OpusCodec,
): Promise<ScenarioSound> {
  const placed = placeClips(scenario, clips);
  const words = placed.flatMap(({ words }) => words);
  const lengthMs = Math.ceil(((words.at(-1)?.[2] ?? 0) + silentTailMs) / 20) * 20;
  const samples = new Int16Array(lengthMs * samplesPerMs);
  const gain = 10 ** (scenario.gainDb / 20);
  const stretches: TimeSpan[] = [];
  const open: TimeSpan[] = [];
  for (const { clip, startMs, words } of placed) {
    const parts =
      clip.stretches ?? findSoundingStretches(await decodeSound(clip, codec, 16_000));
    const heard = parts.map(([from, to]): TimeSpan => [from + startMs, to + startMs]);
    stretches.push(...heard);
    open.push(
      ...(clip.stretches
        ? heard
        : [[words[0]?.[1] ?? 0, words.at(-1)?.[2] ?? 0] as const]),
    );
    const sound = await decodeSound(clip, codec, roomRateHz);
    const louder = sound.map((value) => Math.round(value * gain));
    addSamples(
      samples.subarray(startMs * samplesPerMs).subarray(0, sound.length),
      louder,
    );
  }
  const sounds = (fromMs: number, toMs: number) =>
    open.some(([start, end]) => fromMs < end && toMs > start);
  const packets = [
    ...sendPackets(
      cutFrames(samples, sounds),
      scenario.profile,
      codec,
      makeSeed(scenario),
    ),
  ];
  return { scenario, words, stretches, packets, lengthMs };
}

async function decodeSound(
  { id, packed }: VoiceClip,
  codec: OpusCodec,
  rateHz: 16_000 | 48_000,
) {
  return packed
    ? decodeClip(packed, codec, rateHz)
    : await readSound(id, codec, rateHz);
}

/** Seed of the room's noise. */
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
    const [first, last] = [clip?.words.at(0), clip?.words.at(-1)];
    if (!clip || !first || !last) throw new Error(`There is no clip ${id}.`);
    const startMs = soundAtMs - first[1];
    soundAtMs = startMs + last[2] + (pausesMs[n] ?? 0);
    const words = clip.words.map(
      ([text, fromMs, toMs]) => [text, fromMs + startMs, toMs + startMs] as const,
    );
    return { clip, startMs, words };
  });
}
