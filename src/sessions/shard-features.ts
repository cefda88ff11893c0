import type { AdmittedErasure, ServerErasure } from '#src/base/erasures.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { FeatureHost, FormerSession } from '#src/conversation/session.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  type FeatureSession,
  joinSessionFeatures,
  type PersonHooks,
  type SessionFeatures,
} from '#src/ports/feature-session.ts';

/** One feature in one shard. The shard calls the hooks that the feature has. */
export type FeatureShard = {
  readonly tools?: readonly ToolEntry[];
  /** Opens the feature for one session, which may go on with `formerSession`. */
  createSession?(session: FeatureHost, formerSession: FormerSession): FeatureSession;
  /** Works until the shard ends. Never rejects. */
  run?(): Promise<void>;
  /** Opens what the feature serves for as long as the shard runs. */
  serve?(): AsyncDisposable;
  /** Handles servers that arrived. Resolves to those with a panel that the feature decides about. Never throws. */
  onGuildsArrived?(guildIds: readonly GuildId[]): Promise<ReadonlySet<GuildId>>;
  /** Handles a change of a server or its settings. */
  onGuildChanged?(guildId: GuildId): void;
  /**
   * Erases a server's data, in memory at once. Resolves to the number of stored items. Errors: BotError
   * `store.unwritable`.
   */
  eraseServer?(erasure: AdmittedErasure<ServerErasure>): Promise<number>;
  readonly person?: PersonHooks;
};

/**
 * The features of one shard. Sessions get them before the features exist, which need the sessions in turn.
 *
 * @example
 * import { toGuildId } from '#src/base/ids.ts';
 * import { ShardFeatures } from '#src/sessions/shard-features.ts';
 *
 * const features = new ShardFeatures();
 * features.add([{ tools: [] }, { onGuildChanged: (guildId) => console.log(guildId) }]);
 * features.onGuildChanged(toGuildId('1'));
 * features.all.length; // 2
 */
export class ShardFeatures {
  readonly #features: FeatureShard[] = [];

  /** Adds features, once at the start of the shard. */
  add(features: readonly FeatureShard[]): void {
    this.#features.push(...features);
  }

  /** All features, in the order in which they were added. */
  get all(): readonly FeatureShard[] {
    return this.#features;
  }

  /** Tools of all features. */
  get tools(): readonly ToolEntry[] {
    return this.#features.flatMap(({ tools = [] }) => tools);
  }

  /** Tells the features of servers that arrived. Resolves to those with a panel that a feature decides about. */
  async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<GuildId>> {
    const decided = await Promise.all(
      this.#features.map((feature) => feature.onGuildsArrived?.(guildIds)),
    );
    return new Set(decided.flatMap((ids) => [...(ids ?? [])]));
  }

  /** Tells the features that a server or its settings have changed. */
  onGuildChanged(guildId: GuildId): void {
    for (const feature of this.#features) feature.onGuildChanged?.(guildId);
  }

  /** Opens all features for one session, joined to one. */
  createSession(session: FeatureHost, formerSession: FormerSession): SessionFeatures {
    return joinSessionFeatures(
      this.#features.flatMap(
        (feature) => feature.createSession?.(session, formerSession) ?? [],
      ),
    );
  }
}
