import { readClips, readScenes } from '#bench/turns/clips.ts';
import { playScene, type SceneSound } from '#bench/turns/scene-sound.ts';
import { heldOut } from '#test/turn/held-out.ts';
import { halvesOf, readPieces, type SceneHalf, speakerOf } from './halves.ts';
import type { MomentParts } from './moments.ts';
import { readingScenes, requestScenes, type SceneSet } from './more-scenes.ts';

/** A scene as it arrives, and whose it is. */
export type SpokenScene = {
  readonly sound: SceneSound;
  readonly speaker: string;
  /** None where somebody of the other half says the same. */
  readonly half: SceneHalf | undefined;
};

const heldOutVoices = ['rms', 'awb'];
const tuningVoices = ['slt', 'kal16'];

/**
 * The scenes of `bench:turns`, readings, sentences that no rule was made of in held-out voices, and the sentences of the
 * tuning half in tuning voices.
 */
export async function allTurns(parts: MomentParts): Promise<SpokenScene[]> {
  const pieces = await readPieces();
  const planned: SceneSet = { scenes: await readScenes(), clips: await readClips() };
  const plannedHalves = halvesOf(planned.scenes, planned.clips, pieces);
  const sentences = planned.scenes
    .filter(({ id, clips }) => plannedHalves.get(id) === 'tuning' && !clips[0]?.startsWith('human'))
    .map(({ clips }) => clips.map((id) => planned.clips.get(id)?.say.replace(/[.,?!]$/, '')));
  const sets = [
    planned,
    await readingScenes(),
    await requestScenes(heldOut, heldOutVoices, parts.codec),
    await requestScenes(
      sentences.map((clauses) => clauses.join(' | ')),
      tuningVoices,
      parts.codec,
    ),
  ];
  const scenes = sets.flatMap((set) => set.scenes);
  const clips = new Map(sets.flatMap((set) => [...set.clips]));
  const halves = halvesOf(scenes, clips, pieces);
  const turns: SpokenScene[] = [];
  for (const scene of scenes) {
    turns.push({
      sound: await playScene(scene, clips, parts.codec),
      speaker: speakerOf(scene, pieces),
      half: halves.get(scene.id),
    });
  }
  return turns;
}
