import { add } from '#sandbox/voice-client/room-sound.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { type ClipWord, readSound, type VoiceClip } from './clips.ts';
import { framesOf, roomRateHz, send } from './microphone.ts';
import type { TurnScene } from './plan.ts';

/** One scene as it arrives at the bot, and what was said in it when. */
export type SceneSound = {
  readonly scene: TurnScene;
  readonly words: readonly ClipWord[];
  readonly packets: readonly Packet[];
  readonly lengthMs: number;
};

const [leadMs, tailMs] = [500, 2000];
const samplesPerMs = roomRateHz / 1000;

export async function playScene(
  scene: TurnScene,
  clips: ReadonlyMap<string, VoiceClip>,
  codec: OpusCodec,
): Promise<SceneSound> {
  const placed = place(scene, clips);
  const words = placed.flatMap(({ words }) => words);
  const lengthMs = Math.ceil(((words.at(-1)?.[2] ?? 0) + tailMs) / 20) * 20;
  const samples = new Int16Array(lengthMs * samplesPerMs);
  const gain = 10 ** (scene.gainDb / 20);
  for (const { id, startMs } of placed) {
    const sound = (await readSound(id, codec, roomRateHz)).map((value) => Math.round(value * gain));
    add(samples.subarray(startMs * samplesPerMs).subarray(0, sound.length), sound);
  }
  const stretches = placed.map(
    ({ words }) => [words[0]?.[1] ?? 0, words.at(-1)?.[2] ?? 0] as const,
  );
  const sounds = (fromMs: number, toMs: number) =>
    stretches.some(([start, end]) => fromMs < end && toMs > start);
  const packets = [...send(framesOf(samples, sounds), scene.profile, codec, seedOf(scene))];
  return { scene, words, packets, lengthMs };
}

/** Of the room's noise. */
function seedOf({ id }: TurnScene): number {
  return [...id].reduce((seed, letter) => seed * 31 + (letter.codePointAt(0) ?? 0), 1);
}

type PlacedClip = {
  readonly id: string;
  readonly startMs: number;
  readonly words: readonly ClipWord[];
};

function place(
  { clips: ids, pausesMs }: TurnScene,
  clips: ReadonlyMap<string, VoiceClip>,
): PlacedClip[] {
  let soundAtMs = leadMs;
  return ids.map((id, n) => {
    const clip = clips.get(id);
    const [first, last] = [clip?.words.at(0), clip?.words.at(-1)];
    if (!clip || !first || !last) throw new Error(`There is no clip ${id}.`);
    const startMs = soundAtMs - first[1];
    soundAtMs = startMs + last[2] + (pausesMs[n] ?? 0);
    const words = clip.words.map(
      ([text, fromMs, toMs]) => [text, fromMs + startMs, toMs + startMs] as const,
    );
    return { id, startMs, words };
  });
}
