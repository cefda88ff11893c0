import { readClips, readScenarios } from '#bench/turns/clips.ts';
import { playScenario, type ScenarioSound } from '#bench/turns/scenario-sound.ts';
import { heldOut } from '#test/turn/held-out.ts';
import { halvesOf, readPieces, type ScenarioHalf, speakerOf } from './halves.ts';
import type { MomentParts } from './moments.ts';
import { readingScenarios, requestScenarios, type ScenarioSet } from './more-scenarios.ts';

/** A scene as it arrives, and whose it is. */
export type SpokenScenario = {
  readonly sound: ScenarioSound;
  readonly speaker: string;
  /** None where somebody of the other half says the same. */
  readonly half: ScenarioHalf | undefined;
};

const heldOutVoices = ['rms', 'awb'];
const tuningVoices = ['slt', 'kal16'];

/**
 * The scenes of `bench -- turns`, readings, sentences that no rule was made of in held-out voices, and the sentences of the
 * tuning half in tuning voices.
 */
export async function allTurns(parts: MomentParts): Promise<SpokenScenario[]> {
  const pieces = await readPieces();
  const planned: ScenarioSet = { scenarios: await readScenarios(), clips: await readClips() };
  const plannedHalves = halvesOf(planned.scenarios, planned.clips, pieces);
  const sentences = planned.scenarios
    .filter(({ id, clips }) => plannedHalves.get(id) === 'tuning' && !clips[0]?.startsWith('human'))
    .map(({ clips }) => clips.map((id) => planned.clips.get(id)?.say.replace(/[.,?!]$/, '')));
  const sets = [
    planned,
    await readingScenarios(),
    await requestScenarios(heldOut, heldOutVoices, parts.codec),
    await requestScenarios(
      sentences.map((clauses) => clauses.join(' | ')),
      tuningVoices,
      parts.codec,
    ),
  ];
  const scenarios = sets.flatMap((set) => set.scenarios);
  const clips = new Map(sets.flatMap((set) => [...set.clips]));
  const halves = halvesOf(scenarios, clips, pieces);
  const turns: SpokenScenario[] = [];
  for (const scenario of scenarios) {
    turns.push({
      sound: await playScenario(scenario, clips, parts.codec),
      speaker: speakerOf(scenario, pieces),
      half: halves.get(scenario.id),
    });
  }
  return turns;
}
