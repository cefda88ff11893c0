import type { SileroNetwork } from '#src/audio/voice/voice-activity.ts';
import type { FeatureAlert } from '#src/base/alerts.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { FeatureShard } from '#src/sessions/shard-features.ts';
import type { SharedSessionDeps } from '#src/sessions/shared-session-deps.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { ServerSetting } from '#src/settings/setting-definition.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import type { SoundLibrary } from '#src/sources/sound-library.ts';
import type { SoundOpener } from '#src/sources/sound-sources.ts';
import type { StoreKey, StorePart } from '#src/sql/store-part.ts';
import type { HelpEntry } from './help-entries.ts';
import type { FeatureTool } from './tool-definition.ts';
import type { WrittenAnswerConcurrency } from './written-answer-concurrency.ts';

/**
 * One capability of the bot. `Ports` are its objects for tools, commands, programs and other features. `NeededPorts` are
 * objects of features before it in the list.
 *
 * @example
 * import type { Feature } from '#src/features/contract/feature.ts';
 *
 * const greetings: Feature = {
 *   name: 'greetings',
 *   open: () => ({ openShard: () => ({ ports: {} }) }),
 * };
 * greetings.name; // 'greetings'
 */
export interface Feature<Ports = object, NeededPorts = object> {
  readonly name: string;
  readonly tools?: readonly FeatureTool<Ports>[];
  readonly alerts?: readonly FeatureAlert[];
  readonly settings?: readonly ServerSetting[];
  readonly help?: readonly HelpEntry[];
  /** Opens the feature in a process, before the first shard. */
  open(deps: FeatureProcessDeps): OpenedFeature<Ports, NeededPorts>;
}

/** Objects of a process that features may use. */
export type FeatureProcessDeps = {
  readonly recordings: Recordings;
  readonly weights: SileroNetwork;
  /** Models to choose from. An empty list gives no choice. */
  readonly models: {
    readonly speech: readonly string[];
    readonly transcription: readonly string[];
  };
  readonly longestWritingMs: number;
  readonly sounds: {
    readonly opener: SoundOpener;
    readonly library: SoundLibrary;
  };
  /** Returns the store of a part. */
  store<Port>(part: StorePart<Port> | StoreKey<Port>): Port;
};

/** A feature in one process. */
export interface OpenedFeature<Ports, NeededPorts> {
  /** Opens the feature in a shard, before Discord is logged in. */
  openShard(
    deps: FeatureShardDeps,
    neededPorts: NeededPorts,
  ): FeatureShard & { readonly ports: Ports };
}

/** Objects of a shard that features may use. */
export type FeatureShardDeps = {
  readonly deps: SessionDependencies;
  readonly sharedDeps: Pick<SharedSessionDeps, 'features' | 'listTools' | 'seatStore'>;
  readonly sessions: VoiceSessions;
  readonly shard: ServerShare;
  readonly writtenQuestions: WrittenAnswerConcurrency;
  readonly typed: TypedMessages;
  /** Aborted when the shard is not served any more. */
  readonly signal: AbortSignal;
};
