import type { FormerSession, Session } from '#src/conversation/session.ts';
import type { ToolEntry } from '#src/conversation/tools/tool-entry.ts';
import {
  type FeatureSession,
  type PersonHooks,
  SessionFeatures,
} from '#src/ports/feature-session.ts';

/** A feature in one shard. */
export type FeatureShard = {
  /** Tools that a model may call. */
  readonly tools?: readonly ToolEntry[];
  /** Begins with a session there. */
  createSession?(session: Session, before: FormerSession): FeatureSession;
  /** Runs from before Discord is logged in until the shard is not served any more. Never rejects. */
  run?(): Promise<void>;
  /** Serves the servers of the shard, once Discord is logged in, until disposed. */
  serve?(): AsyncDisposable;
  /** These servers are there, or there again. Resolves to those whose panel it decides about. Never throws. */
  onGuildsArrived?(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>>;
  /** A person joined, changed or left a voice channel of this server, or it has set something. */
  onGuildChanged?(guildId: GuildId): void;
  /**
   * Erases what is held of a server that removed the bot: in memory at once, then what is stored beside the rows of its tables.
   * Resolves to the number of stored items. Called again where that fails. Errors: BotError `store.unwritable`.
   */
  eraseServer?(guildId: GuildId): Promise<number>;
  readonly person?: PersonHooks;
};

/** The features of a shard. */
export class ShardFeatures {
  readonly #all: FeatureShard[] = [];

  /** In the order in which they are asked and told. */
  add(features: readonly FeatureShard[]): void {
    this.#all.push(...features);
  }

  get all(): readonly FeatureShard[] {
    return this.#all;
  }

  get tools(): readonly ToolEntry[] {
    return this.#all.flatMap(({ tools = [] }) => tools);
  }

  /** Servers whose panel a feature decides about. */
  async onGuildsArrived(guildIds: readonly GuildId[]): Promise<ReadonlySet<string>> {
    const decided = await Promise.all(this.#all.map((one) => one.onGuildsArrived?.(guildIds)));
    return new Set(decided.flatMap((ids) => [...(ids ?? [])]));
  }

  onGuildChanged(guildId: GuildId): void {
    for (const one of this.#all) one.onGuildChanged?.(guildId);
  }

  /** Begins with a session. */
  createSession(session: Session, before: FormerSession): SessionFeatures {
    const all = this.#all.flatMap((one) => one.createSession?.(session, before) ?? []);
    return new SessionFeatures(all);
  }
}
