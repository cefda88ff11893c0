import type { ScenarioSound } from '#bench/turns/scenario-sound.ts';
import { isHuman, type ScenarioHalf } from './halves.ts';
import { type Moment, type MomentParts, momentsOf } from './moments.ts';
import { type LabelledSilence, silencesOf } from './silences.ts';
import type { FiringRule, ScoredSilence } from './sweep.ts';

/** Something that tells by one instant of a turn how likely it is over. */
export type Detector = {
  readonly name: string;
  readonly silentMs: (moment: Moment) => number;
  readonly score: (moment: Moment) => number;
  /** Default rule, without tuning. */
  readonly own: FiringRule;
};

/** One turn, its labelled silences, and what was known at each instant of it. */
export type SilenceTurn = {
  readonly id: string;
  readonly speaker: string;
  /** None where somebody of the other half says the same. */
  readonly half: ScenarioHalf | undefined;
  readonly origin: 'human' | 'made';
  readonly language: string;
  readonly profile: string;
  readonly silences: readonly LabelledSilence[];
  readonly moments: readonly Moment[];
};

export function silenceTurn(
  sound: ScenarioSound,
  { speaker, half }: Pick<SilenceTurn, 'speaker' | 'half'>,
  parts: MomentParts,
): SilenceTurn {
  const { id, profile, language = 'en' } = sound.scenario;
  return {
    id,
    speaker,
    half,
    origin: isHuman(speaker) ? 'human' : 'made',
    language,
    profile,
    silences: silencesOf(sound.stretches, sound.lengthMs),
    moments: momentsOf(sound, parts),
  };
}

/** All silences of these turns as a detector scores them, each out of what was known by then. */
export function scoredSilences(turns: readonly SilenceTurn[], detector: Detector): ScoredSilence[] {
  return turns.flatMap(({ silences, moments }) =>
    silences.map((silence) => ({
      kind: silence.kind,
      lengthMs: silence.toMs - silence.fromMs,
      moments: within(moments, silence).map((moment) => ({
        sinceMs: moment.atMs - silence.fromMs,
        silentMs: detector.silentMs(moment),
        score: detector.score(moment),
      })),
    })),
  );
}

function within(moments: readonly Moment[], { fromMs, toMs }: LabelledSilence): readonly Moment[] {
  return moments.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}
