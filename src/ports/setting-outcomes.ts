import type { ConsentPolicy } from '#src/people/consent.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';

export type SettingOutcome =
  | {
      readonly kind: 'set';
      /** Current value. */
      readonly value: string;
      /** False: until the process ends. */
      readonly saved: boolean;
    }
  | { readonly kind: 'unknown'; readonly keys: readonly string[] }
  /** Words that are not readable: nothing was changed. */
  | { readonly kind: 'bad' }
  /** A pipeline that is not set up. */
  | { readonly kind: 'missing'; readonly name: PipelineName }
  /** Policy `role` without a role. */
  | { readonly kind: 'no-role' }
  /** More people would be heard unasked: nothing was changed yet. */
  | { readonly kind: 'looser'; readonly policy: ConsentPolicy; readonly value: string };

/** Options of captions in one voice channel, kept as long as captions are on there. */
export type CaptionOptions = {
  /** Language spoken there, BCP 47; absent: the recogniser finds out. */
  readonly language?: string;
  /** Language into which captions are translated, BCP 47. */
  readonly translateTo?: string;
};
