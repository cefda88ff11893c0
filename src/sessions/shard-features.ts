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

export class ShardFeatures {
  readonly #all: FeatureShard[] = [];

  add(features: readonly FeatureShard[]) {
    this.#all.push(...features);
  }

  get all(): readonly FeatureShard[] {
    return this.#all;
  }

  get tools(): readonly ToolEntry[] {
    return this.#all.flatMap(({ tools = [] }) => tools);
  }

  async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
    const decided = await Promise.all(
      this.#all.map((one) => one.onGuildsArrived?.(guildIds)),
    );
    return new Set(decided.flatMap((ids) => [...(ids ?? [])]));
  }

  onGuildChanged(guildId: GuildId) {
    for (const one of this.#all) one.onGuildChanged?.(guildId);
  }

  createSession(session: Session, before: FormerSession): SessionFeatures {
    const all = this.#all.flatMap((one) => one.createSession?.(session, before) ?? []);
    return joinSessionFeatures(all);
  }
}
