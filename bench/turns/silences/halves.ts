import { readFile } from 'node:fs/promises';
import { scenariosFolder, type VoiceClip } from '#bench/turns/clips.ts';
import type { TurnScenario } from '#bench/turns/plan.ts';

/** Where rules and models are made, and where they are judged: no speaker and no sentence is in both. */
export type ScenarioHalf = 'tuning' | 'held-out';

/** Speakers who are held out; everybody else is for tuning. */
const heldOutSpeakers: ReadonlySet<string> = new Set([
  'rms',
  'awb',
  'espeak-gb',
  'human-librivox',
  'human-sonnets',
  'human-es',
]);

/** Which recording a human clip is cut from; of PocketSphinx's test data all but the LibriVox reader count as one person. */
export type HumanPiece = { readonly name: string; readonly file: string };

export async function readPieces(): Promise<readonly HumanPiece[]> {
  return JSON.parse(await readFile(`${scenariosFolder}/human.json`, 'utf8'));
}

/** Who speaks in a scene: a voice, or a person of the recordings. */
export function speakerOf(
  { clips }: Pick<TurnScenario, 'clips'>,
  pieces: readonly HumanPiece[],
): string {
  const [voice = '', name = ''] = clips[0]?.split('/') ?? [];
  if (voice !== 'human') return voice;
  const file = pieces.find((piece) => piece.name === name)?.file ?? '';
  return file.includes('librivox') ? 'human-librivox' : 'human-other';
}

function halfOf(speaker: string): ScenarioHalf {
  return heldOutSpeakers.has(speaker) ? 'held-out' : 'tuning';
}

/** The half of each scene by its id. Who says a clause for tuning that somebody held out says too is in neither. */
export function halvesOf(
  scenarios: readonly TurnScenario[],
  clips: ReadonlyMap<string, VoiceClip>,
  pieces: readonly HumanPiece[],
): ReadonlyMap<string, ScenarioHalf> {
  const clauses = ({ clips: ids }: TurnScenario) =>
    ids.map((id) => (clips.get(id)?.say ?? '').replace(/[^\p{L}\p{N} ]/gu, ''));
  const half = (scenario: TurnScenario) => halfOf(speakerOf(scenario, pieces));
  const heldOut = new Set(
    scenarios.filter((scenario) => half(scenario) === 'held-out').flatMap(clauses),
  );
  return new Map(
    scenarios
      .filter(
        (scenario) =>
          half(scenario) === 'held-out' || !clauses(scenario).some((one) => heldOut.has(one)),
      )
      .map((scenario) => [scenario.id, half(scenario)]),
  );
}

export function isHuman(speaker: string): boolean {
  return speaker.startsWith('human');
}
