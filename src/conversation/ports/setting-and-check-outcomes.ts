import type { ConsentPolicy } from '#src/people/consent.ts';
import type { JoinVerdict } from '#src/people/join-rules.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { MentionMark } from './picker.ts';
import type { ChannelRef } from './voice-link.ts';

export type SettingOutcome =
  | {
      readonly kind: 'set';
      readonly key: string;
      /** Current value. */
      readonly value: string;
      /** False: until the process ends. */
      readonly saved: boolean;
      /** Mark of the mentions that stand for the ids in the value. */
      readonly mark?: MentionMark;
      /** In place of key and value. */
      readonly line?: TextLine;
    }
  | { readonly kind: 'unknown'; readonly keys: readonly string[] }
  /** Nothing was changed; `line` says what may be typed where `allowed` does not. */
  | {
      readonly kind: 'bad';
      readonly key: string;
      readonly allowed: readonly string[];
      readonly line?: TextLine;
    }
  /** A pipeline that is not set up. */
  | { readonly kind: 'missing'; readonly name: PipelineName }
  /** Policy `role` without a role. */
  | { readonly kind: 'no-role' }
  /** More people would be heard unasked: nothing was changed yet. */
  | { readonly kind: 'looser'; readonly policy: ConsentPolicy; readonly value: string };

export type CheckPoint =
  | 'permission'
  | 'link'
  | 'encryption'
  | 'decode'
  | 'recognise'
  | 'think'
  | 'speak'
  | 'playback';

export type CheckResult = {
  readonly point: CheckPoint;
} /** The bot cannot join the channel, or cannot speak there. */ & (
  | { readonly kind: 'barred'; readonly verdict: JoinVerdict; readonly channel: ChannelRef }
  | { readonly kind: 'ok'; readonly ms: number; readonly detail?: TextLine }
  /** The fault, or for `idle` the obstacle; and the next step. */
  | { readonly kind: 'bad' | 'idle'; readonly line: TextLine }
);

export type CheckReport = {
  /** One of each point, in that order. */
  readonly findings: readonly CheckResult[];
  /** News about models, one sentence each. */
  readonly news: readonly TextLine[];
};

/** Options of captions in one voice channel, kept as long as captions are on there. */
export type CaptionOptions = {
  /** Language spoken there, BCP 47; absent: the recogniser finds out. */
  readonly language?: string | undefined;
  /** Language into which captions are translated, BCP 47. */
  readonly translateTo?: string | undefined;
};
