import type { SileroWeights } from '#src/audio/voice/silero-network.ts';
import type { FeatureAlert } from '#src/base/alerts.ts';
import type { Public } from '#src/base/public.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { ServerShare } from '#src/people/server-share.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type { SessionSources } from '#src/sessions/session-sources.ts';
import type { FeatureShard } from '#src/sessions/shard-features.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { ServerSetting } from '#src/settings/setting-definition.ts';
import type { Recordings } from '#src/sources/recordings.ts';
import type { SoundLibrary } from '#src/sources/sound-library.ts';
import type { Sources } from '#src/sources/sound-sources.ts';
import type { StoreKey, StorePart } from '#src/sql/store-part.ts';
import type { HelpEntry } from './help-entries.ts';
import type { FeatureTool } from './tool-definition.ts';
import type { WrittenAnswerConcurrency } from './written-answer-concurrency.ts';

/**
 * One capability of the bot: what it brings, and how a process opens it. `Ports`: objects of it that its tools, commands, programs and
 * other features use. `Needs`: objects of features that stand before it in the list.
 */
export type Feature<Ports = object, Needs = object> = {
  readonly name: string;
  /** Tools that a model may call. */
  readonly tools?: readonly FeatureTool<Ports>[];
  /** Its alerts, with what each means to the operator. */
  readonly alerts?: readonly FeatureAlert[];
  /** Settings of servers, which it reads with `settings().of`. */
  readonly settings?: readonly ServerSetting[];
  /** Its lines in `/help`, beside those of its commands. */
  readonly help?: readonly HelpEntry[];
  /** Opens it once in a process. */
  open(parts: FeatureProcessDeps): OpenedFeature<Ports, Needs>;
};

/** Parts of a process that features are opened with. */
export type FeatureProcessDeps = {
  /** Recordings that people send. */
  readonly recordings: Public<Recordings>;
  readonly weights: SileroWeights;
  /** Models that a program or a person may choose; empty: there is no choice. */
  readonly models: {
    readonly speech: readonly string[];
    readonly transcription: readonly string[];
  };
  /** Longest time, in ms, that a written answer may take. */
  readonly longestWritingMs: number;
  /** Opens sounds of links, and those that lie on this machine. */
  readonly sounds: { readonly opener: Public<Sources>; readonly library: Public<SoundLibrary> };
  /** The open store of a declared part. */
  store<Port>(part: StorePart<Port> | StoreKey<Port>): Port;
};

/** A feature in one process, for all of its shards. */
type OpenedFeature<Ports, Needs> = {
  /** Begins with a shard, before Discord is logged in there. */
  openShard(services: FeatureShardDeps, others: Needs): FeatureShard & { readonly ports: Ports };
};

/** Parts of a shard that features use. */
export type FeatureShardDeps = {
  readonly deps: SessionDependencies;
  readonly sources: Pick<SessionSources, 'seatStore' | 'listTools'>;
  readonly sessions: VoiceSessions;
  readonly shard: ServerShare;
  /** Limit of questions that are answered in writing at the same time, recaps included. */
  readonly writtenQuestions: WrittenAnswerConcurrency;
  /** Messages that people write. */
  readonly typed: TypedMessages;
  /** Aborted when the shard is not served any more. */
  readonly signal: AbortSignal;
};
