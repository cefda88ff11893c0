import type { GuildId } from '#src/base/ids.ts';
import type { FormerSession, Session } from '#src/conversation/session.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  type FeatureSession,
  joinSessionFeatures,
  type PersonHooks,
  type SessionFeatures,
} from '#src/ports/feature-session.ts';

export type FeatureShard = {
  readonly tools?: readonly ToolEntry[];
  createSession?(session: Session, before: FormerSession): FeatureSession;
  /** Works until the shard ends. Never rejects. */
  run?(): Promise<void>;
  serve?(): AsyncDisposable;
  /** Handles servers that arrived. Resolves to those with a panel that the feature decides about. Never throws. */
  onGuildsArrived?(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>>;
  /** Handles a change of a server or its settings. */
  onGuildChanged?(guildId: GuildId): void;
  /**
   * Erases a server's data, in memory at once. Resolves to the number of stored items. Errors: BotError
   * `store.unwritable`.
   */
  eraseServer?(guildId: GuildId): Promise<number>;
  readonly person?: PersonHooks;
};

export type ShardFeatures = ReturnType<typeof createShardFeatures>;

export function createShardFeatures() {
  const all: FeatureShard[] = [];

  return {
    add(features: readonly FeatureShard[]) {
      all.push(...features);
    },
    all,
    get tools(): readonly ToolEntry[] {
      return all.flatMap(({ tools = [] }) => tools);
    },
    async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
      const decided = await Promise.all(
        all.map((one) => one.onGuildsArrived?.(guildIds)),
      );
      return new Set(decided.flatMap((ids) => [...(ids ?? [])]));
    },
    onGuildChanged(guildId: GuildId) {
      for (const one of all) one.onGuildChanged?.(guildId);
    },
    createSession(session: Session, before: FormerSession): SessionFeatures {
      return joinSessionFeatures(
        all.flatMap((one) => one.createSession?.(session, before) ?? []),
      );
    },
  };
}
