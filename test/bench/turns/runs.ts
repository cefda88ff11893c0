import { loadOpus } from '#src/audio/load-opus.ts';
import { energyDb } from '#src/audio/loudness.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import { loadSilero, type SileroWeights } from '#src/audio/silero.ts';
import { seededRandom } from '#src/sandbox/seeded-random.ts';
import { continues, type EndpointRules, endpointRules } from '#src/turn/endpointing.ts';
import { hasVoice } from '#src/turn/evidence.ts';
import { learnPause, unknownHabit } from '#src/turn/habit.ts';
import type { Person } from '#src/turn/patience.ts';
import { readClips } from './clips.ts';
import { listen, type Noted } from './listening.ts';
import { framesOf, roomRateHz, send } from './microphone.ts';
import { makeNoise, type Noise } from './noises.ts';
import type { Scene } from './plan.ts';
import { playScene, type SceneSound } from './scene-sound.ts';
import { judge, type Verdict } from './verdict.ts';

export type Workshop = { readonly codec: OpusCodec; readonly weights: SileroWeights };

/** Without texts; with them, everybody a stranger; with them, everybody's pauses learned from scene to scene. */
export type Way = 'no text' | 'text' | 'text, person known';

/** For the oracle, which answers 120 ms after it was asked. */
const textRules: EndpointRules = { ...endpointRules, textDueMs: 400 };

export async function openWorkshop(): Promise<Workshop> {
  return { codec: await loadOpus('mediaplex'), weights: await loadSilero() };
}

export async function playScenes(
  scenes: readonly Scene[],
  { codec }: Workshop,
): Promise<SceneSound[]> {
  const clips = await readClips();
  return await Promise.all(scenes.map((scene) => playScene(scene, clips, codec)));
}

export function judgeAll(sounds: readonly SceneSound[], way: Way, workshop: Workshop): Verdict[] {
  const known = new Map<string, Person>();
  return (way === 'text, person known' ? shuffled(sounds) : sounds).map((sound) => {
    const { scene, words, packets, lengthMs } = sound;
    const voice = scene.clips[0]?.split('/')[0] ?? '';
    const person = known.get(voice) ?? {};
    const ears =
      way === 'no text'
        ? { ...workshop, rules: endpointRules, person }
        : { ...workshop, rules: textRules, person, words };
    const noted = listen(packets, lengthMs, ears);
    if (way === 'text, person known') known.set(voice, learned(person, noted));
    return judge(scene, words, noted);
  });
}

function learned(person: Person, noted: readonly Noted[]): Person {
  let habit = person.habit ?? unknownHabit;
  let endedToMs = Number.NEGATIVE_INFINITY;
  for (const { effect } of noted) {
    if (effect.kind === 'resumed') habit = learnPause(habit, effect.pausedMs);
    if (effect.kind === 'ended') endedToMs = effect.toMs;
    if (effect.kind !== 'began' || !continues(endedToMs, effect.fromMs, endpointRules)) continue;
    habit = learnPause(habit, effect.fromMs - endedToMs);
  }
  return { ...person, habit };
}

/** Every kind of scene early and late. */
function shuffled<T>(values: readonly T[]): T[] {
  const random = seededRandom(1);
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** How often somebody seemed to speak, and how often that was worth a recogniser: each of these is a false turn. */
export type FalseTurns = {
  readonly levelDb: number;
  readonly ended: number;
  readonly turns: number;
};

/** An open microphone in a room in which nobody speaks. */
export function listenToNoise(kind: Noise, seconds: number, workshop: Workshop): FalseTurns {
  const samples = makeNoise(kind, seconds, 1);
  const packets = send(
    framesOf(samples, () => true),
    'open',
    workshop.codec,
    1,
  );
  const lengthMs = (samples.length * 1000) / roomRateHz;
  const noted = listen(packets, lengthMs, { ...workshop, rules: endpointRules, person: {} });
  const heard = noted.flatMap(({ effect }) => (effect.kind === 'ended' ? [effect.heard] : []));
  return { levelDb: energyDb(samples), ended: heard.length, turns: heard.filter(hasVoice).length };
}
