import { shuffleValues } from '#bench/shuffle-values.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { openMediaplex } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { loadSilero, type SileroNetwork } from '#src/audio/voice/silero-network.ts';
import {
  type EndpointRules,
  endpointRules,
} from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { judgeScenario, type ScenarioVerdict } from './judge-scenario.ts';
import { listenToPackets } from './scenario-listening.ts';
import { playScenario, type ScenarioSound } from './scenario-sound.ts';
import { getVoice, type TurnScenario } from './turn-scenarios.ts';
import { readClips } from './voice-clips.ts';

export type Workshop = { readonly codec: OpusCodec; readonly weights: SileroNetwork };

/** Without texts; with them, everybody a stranger; with them, everybody's habits learned from scene to scene. */
export type RunKind = 'no text' | 'text' | 'text, person known';

/** For the oracle, which answers 120 ms after it was asked. */
const textRules: EndpointRules = { ...endpointRules, textTimeoutMs: 400 };

export async function openWorkshop(): Promise<Workshop> {
  return { codec: await openMediaplex(), weights: await loadSilero() };
}

export async function playScenarios(
  scenarios: readonly TurnScenario[],
  { codec }: Workshop,
): Promise<ScenarioSound[]> {
  const clips = await readClips();
  return await Promise.all(
    scenarios.map((scenario) => playScenario(scenario, clips, codec)),
  );
}

export function judgeScenarios(
  sounds: readonly ScenarioSound[],
  way: RunKind,
  workshop: Workshop,
): ScenarioVerdict[] {
  const known = way === 'text, person known' ? new PauseHabits() : undefined;
  // Every kind of scene early and late.
  const ordered = known ? shuffleValues(seededRandom(1), sounds) : sounds;
  return ordered.map(({ scenario, words, packets, lengthMs }) => {
    const noted = listenToPackets(packets, lengthMs, {
      ...workshop,
      speakerId: getVoice(scenario),
      pauseHabits: known ?? new PauseHabits(),
      ...(way === 'no text' ? { rules: endpointRules } : { rules: textRules, words }),
    });
    // What else the next utterance would show: that one was over.
    known?.learnEnded(words.at(-1)?.[0] ?? '');
    return judgeScenario(scenario, words, noted);
  });
}
