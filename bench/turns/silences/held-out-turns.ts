import { readFile } from 'node:fs/promises';
import { playScenario, type ScenarioSound } from '#bench/turns/scenario-sound.ts';
import { minSilenceMs } from '#bench/turns/sound-labels.ts';
import type { TurnScenario } from '#bench/turns/turn-scenarios.ts';
import { readClips, readScenarios, scenariosUrl } from '#bench/turns/voice-clips.ts';
import { heldOut } from '#test/turn/held-out-people.ts';
import { makeRequestScenarios, readReadingScenarios } from './more-scenarios.ts';
import { listMoments, type MomentDeps, type TurnMoment } from './turn-moments.ts';

/** A silence of one turn as eot-bench labels it: the last one is `eot`, every other one `hold`. */
export type LabelledSilence = {
  readonly kind: 'hold' | 'eot';
  readonly fromMs: number;
  /** Instant at which the voice goes on, of `eot` that at which the scene ends. */
  readonly toMs: number;
};

/** One turn: its labelled silences, and the signs of its end at each instant. */
export type SilenceTurn = {
  readonly silences: readonly LabelledSilence[];
  readonly moments: readonly TurnMoment[];
};

/** Name of a human clip, and the recording that it is cut from. */
type HumanPiece = { readonly name: string; readonly file: string };

const heldOutVoices = ['rms', 'awb'];
/** Speakers of whom no rule was made. */
const heldOutSpeakers: ReadonlySet<string> = new Set([
  ...heldOutVoices,
  'espeak-gb',
  'human-librivox',
  'human-sonnets',
  'human-es',
]);

/** Reads the scenes of `bench -- turns` and readings of held-out speakers, and sentences that no rule was made of in held-out voices. */
export async function readHeldOutTurns(
  deps: MomentDeps,
): Promise<readonly SilenceTurn[]> {
  const pieces: readonly HumanPiece[] = JSON.parse(
    await readFile(`${scenariosUrl}/human.json`, 'utf8'),
  );
  const sets = [
    { scenarios: await readScenarios(), clips: await readClips() },
    await readReadingScenarios(),
    await makeRequestScenarios(heldOut, heldOutVoices, deps.codec),
  ];
  const turns: SilenceTurn[] = [];
  for (const { scenarios, clips } of sets) {
    for (const scenario of scenarios) {
      if (!heldOutSpeakers.has(findSpeaker(scenario, pieces))) continue;
      const sound = await playScenario(scenario, clips, deps.codec);
      turns.push({
        silences: listSilences(sound),
        moments: await listMoments(sound, deps),
      });
    }
  }
  return turns;
}

/** Finds the voice, or the person of the recordings. Of PocketSphinx's test data all but the LibriVox reader count as one person. */
function findSpeaker({ clips }: TurnScenario, pieces: readonly HumanPiece[]) {
  const [voice = '', name = ''] = clips[0]?.split('/') ?? [];
  if (voice !== 'human') return voice;
  const file = pieces.find((piece) => piece.name === name)?.file ?? '';
  return file.includes('librivox') ? 'human-librivox' : 'human-other';
}

/** Lists all silences of at least 100 ms, by the stretches in which the voice sounds. */
function listSilences({ stretches, lengthMs }: ScenarioSound): LabelledSilence[] {
  const holds = stretches.slice(1).flatMap(([nextMs], n): LabelledSilence[] => {
    const fromMs = stretches[n]?.[1] ?? 0;
    return nextMs - fromMs < minSilenceMs
      ? []
      : [{ kind: 'hold', fromMs, toMs: nextMs }];
  });
  const lastStretch = stretches.at(-1);
  if (!lastStretch) return [];
  return [...holds, { kind: 'eot', fromMs: lastStretch[1], toMs: lengthMs }];
}
