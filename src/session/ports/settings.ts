import type { ConsentPolicy } from '#src/people/consent.ts';
import type { JoinVerdict } from '#src/people/join-rules.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { ChannelRef } from './voice-link.ts';

export const settingKeys = [
  'pipeline',
  'addressing',
  'cues',
  'instructions',
  'voice',
  'names',
  'dj_role',
  'duck_for_people',
  'consent',
  'captions_channel',
  'captions_days',
  'catch_up',
  'recap',
  'memory',
  'auto_join',
  'leave_after',
  'roles',
  'blocked',
  'budget_person',
  'budget_day',
  'budget_month',
  'typed',
  'language',
  'languages',
  'timezone',
  'announce',
  'read_channel',
] as const;
export type SettingKey = (typeof settingKeys)[number];

export type SettingsView = {
  readonly all: readonly {
    readonly key: SettingKey;
    /** Empty: the engine's own. */
    readonly value: string;
    /** Set in this server; otherwise it is the operator's. */
    readonly isOwn: boolean;
  }[];
  /** False: what the server has set could not be read. */
  readonly isRead: boolean;
};

export type Setting =
  | {
      readonly kind: 'set';
      readonly key: SettingKey;
      /** Current value. */
      readonly value: string;
      /** False: until the process ends. */
      readonly saved: boolean;
    }
  | { readonly kind: 'unknown'; readonly keys: readonly SettingKey[] }
  /** Nothing was changed; `allowed` is empty where it cannot be listed. */
  | { readonly kind: 'bad'; readonly key: SettingKey; readonly allowed: readonly string[] }
  /** A pipeline that is not set up, and what the operator has to set to have it. */
  | { readonly kind: 'missing'; readonly name: PipelineName; readonly needs: string }
  /** A budget above that of the operator, as it is typed. */
  | { readonly kind: 'above'; readonly key: SettingKey; readonly cap: string }
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
