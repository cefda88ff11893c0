import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

export const kinds = ['one', 'inner', 'digits', 'hesitation', 'two'] as const;
/** One clause; one inner pause; digits in groups; a pause after "and", "the" or "um"; two sentences. */
export type ScenarioKind = (typeof kinds)[number];

/** Clauses of one person and the silence between them. */
export type TurnScenario = {
  readonly id: string;
  readonly kind: ScenarioKind;
  readonly profile: MicrophoneProfile;
  /** Beside the level of the clips. */
  readonly gainDb: number;
  readonly clips: readonly string[];
  /** From the last sound of each clip to the first of the next. */
  readonly pausesMs: readonly number[];
};
