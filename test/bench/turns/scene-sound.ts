import type { OpusCodec } from '#src/audio/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { add } from '#src/sandbox/room-sound.ts';
import { type Clip, readSound, type Word } from './clips.ts';
import { framesOf, roomRateHz, send } from './microphone.ts';
import type { Scene } from './plan.ts';

/** One scene as it arrives at the bot, and what was said in it when. */
export type SceneSound = {
  readonly scene: Scene;
  readonly words: readonly Word[];
  readonly packets: readonly Packet[];
  readonly lengthMs: number;
};

const [leadMs, tailMs] = [500, 2000];
const samplesPerMs = roomRateHz / 1000;

export async function playScene(
  scene: Scene,
  clips: ReadonlyMap<string, Clip>,
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
function seedOf({ id }: Scene): number {
  return [...id].reduce((seed, letter) => seed * 31 + (letter.codePointAt(0) ?? 0), 1);
}

type Placed = { readonly id: string; readonly startMs: number; readonly words: readonly Word[] };

function place({ clips: ids, pausesMs }: Scene, clips: ReadonlyMap<string, Clip>): Placed[] {
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
