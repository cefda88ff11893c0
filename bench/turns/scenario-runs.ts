import { type OpusCodec, openWasmOpus } from '#src/audio/opus/opus-codec.ts';
import { loadSilero, type SileroNetwork } from '#src/audio/voice/voice-activity.ts';
import { toPersonId } from '#src/base/ids.ts';
import {
  type EndpointRules,
  endpointRules,
} from '#src/turn/endpointing/endpointing.ts';
import { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import { FakeReader, type ReaderSkill } from './fake-reader.ts';
import { judgeScenario, type ScenarioVerdict } from './judge-scenario.ts';
import { listenToPackets } from './scenario-listening.ts';
import { playScenario, type ScenarioSound } from './scenario-sound.ts';
import { getVoice, type TurnScenario } from './turn-scenarios.ts';
import { readClips } from './voice-clips.ts';

/** Codec and voice activity detection of all scenes. */
export type Workshop = { readonly codec: OpusCodec; readonly weights: SileroNetwork };

/** Rules for the oracle, which answers 120 ms after it was asked. */
const textRules: EndpointRules = {
  ...endpointRules,
  delay: { ...endpointRules.delay, textTimeoutMs: 400 },
};

/** Loads codec and network once. */
export async function openWorkshop(): Promise<Workshop> {
  return { codec: await openWasmOpus(), weights: await loadSilero() };
}

/** Makes the packets of each scene, as a microphone sends them. */
export async function playScenarios(
  scenarios: readonly TurnScenario[],
  { codec }: Workshop,
): Promise<ScenarioSound[]> {
  const clips = await readClips();
  return await Promise.all(
    scenarios.map((scenario) => playScenario(scenario, clips, codec)),
  );
}

/**
 * Lets endpointing hear each scene, and judges what it did. Nobody's pauses are known beforehand. With a `skill` a reader
 * judges the words, and endpointing learns from scene to scene how far to trust it.
 */
export function judgeScenarios(
  sounds: readonly ScenarioSound[],
  workshop: Workshop,
  skill?: ReaderSkill,
): readonly ScenarioVerdict[] {
  const reader = skill && new FakeReader(skill);
  return sounds.map(({ scenario, words, packets, lengthMs }) => {
    const events = listenToPackets(packets, lengthMs, {
      ...workshop,
      speakerId: toPersonId(getVoice(scenario)),
      pauseHabits: new PauseHabits(),
      rules: textRules,
      words,
      reader,
    });
    return judgeScenario(scenario, words, events);
  });
}
