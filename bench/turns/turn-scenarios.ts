import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

/** Kinds of the scenes of `bench -- turns`. */
export const scenarioKinds = ['one', 'inner', 'digits', 'hesitation', 'two'] as const;
/** Kind of a scene: one clause, one inner pause, digits in groups, a pause after "and", "the" or "um", or two sentences. */
export type ScenarioKind = (typeof scenarioKinds)[number];

/** Clauses of one person and the silence between them. */
export type TurnScenario = {
  readonly id: string;
  /** `reading`: a sentence that people read aloud. `request`: one that no rule was made of. */
  readonly kind: ScenarioKind | 'reading' | 'request';
  readonly profile: MicrophoneProfile;
  /** ISO 639-1. Absent: English. */
  readonly language?: string;
  /** Gain over the level of the clips. */
  readonly gainDb: number;
  /** Ids of the clips, in order. */
  readonly clips: readonly string[];
  /** Times from the last sound of each clip to the first of the next. */
  readonly pausesMs: readonly number[];
};

/** Returns the voice of the first clip, which stands for the person. '' without clips. */
export function getVoice({ clips }: TurnScenario): string {
  return clips[0]?.split('/')[0] ?? '';
}

/** Profiles that scenes take in turn: half gate, a quarter each of the others. */
export const profiles = ['gate', 'open', 'gate', 'release'] as const;

/** Draws a pause, even on a logarithmic scale, in steps of 10 ms. */
export function pickPauseMs(
  random: () => number,
  [low, high]: readonly [lowMs: number, highMs: number],
): number {
  return Math.round((low * (high / low) ** random()) / 10) * 10;
}
