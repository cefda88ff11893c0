import type {
  BegunUtterance,
  FollowUtterance,
  UtteranceFollower,
} from '#src/conversation/hearing/utterance-observer.ts';
import type { LeaveReason } from '#src/conversation/joining/leave-reason.ts';
import type { SpokenSegment } from '#src/conversation/output/spoken-segment.ts';
import type { FeaturePanel } from '#src/ports/panel.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { FeaturePorts, SessionParts } from './feature-ports.ts';
import type { SessionContext } from './session-context.ts';

/** A feature in one shard. */
export type FeatureShard = {
  /** Objects that its commands, its tools and other features use. */
  readonly ports?: Partial<FeaturePorts>;
  /** Begins with a session there, when the context is complete. */
  session?(context: SessionContext, before: SessionBefore): FeatureSession;
  /** Runs from before Discord is logged in until the shard is not served any more. Never rejects. */
  run?(): Promise<void>;
  /** Serves the servers of the shard, once Discord is logged in, until disposed. */
  serve?(): Disposable;
  /** These servers are there, or there again. Resolves to those whose panel it decides about. Never throws. */
  arrived?(guildIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** A person joined, changed or left a voice channel of this server, or it has set something. */
  changed?(guildId: string): void;
  /**
   * Erases what is held of a server that removed the bot: in memory at once, then what is stored beside the rows of its tables.
   * Resolves to the number of stored items. Called again where that fails. Errors: BotError `store.unwritable`.
   */
  eraseServer?(guildId: string): Promise<number>;
  /** Before the process ends: completes what is under way outside sessions, within `ms`. Never throws. */
  drain?(ms: number): Promise<void>;
  readonly person?: PersonHooks;
};

/**
 * Hooks of a feature for a person in a server, beside the rows of its tables, which are counted, exported and erased by their
 * declarations. Nothing here throws; undefined: a store is in trouble, which is reported to the operator.
 */
export type PersonHooks = {
  /** Forgets what is held in memory: called before and after rows are erased. */
  forget?(guildId: string, personId: string): void;
  /** The person said no: deletes what of theirs goes with it. */
  withdraw?(guildId: string, personId: string): Promise<unknown>;
  /** Counts what is stored. */
  count?(guildId: string, personId: string): Promise<StoredCounts | undefined>;
  /** Erases what is stored: how many items, and how many messages still show one of them for a while. */
  erase?(guildId: string, personId: string): Promise<number | undefined>;
  /** Fields of the export. */
  export?(
    guildId: string,
    personId: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
};

/** Numbers of stored items that `/privacy status` tells apart. */
export type StoredCounts = {
  readonly lines: number;
  readonly memories: number;
};

/** Past of a session that begins. */
export type SessionBefore = {
  /** A former run sat there: its people are not told again. */
  readonly isReturned: boolean;
  /** Features of the session that it goes on from. */
  readonly former?: SessionFeatures;
};

/** News for the person who asked to leave. */
export type EndNews = { readonly hasTranscript?: boolean };

/** Reason for which nothing of a person is kept any more; `barred`: they may no longer use the bot. */
export type RetractReason = 'withdrawn' | 'barred';

/** A feature in one session. Nothing here throws. */
export type FeatureSession = {
  /** Objects that commands, tools and other features use. */
  readonly parts?: Partial<SessionParts>;
  /**
   * People can be heard and spoken to, the mode of the session has changed, or settings of the server have changed, this `key`
   * among them, or are known now.
   */
  changed?(hasEntered: boolean, key?: string): void;
  /** Resolves when nothing of it is left to do, with what whoever asked to leave is told. */
  ended?(why: LeaveReason): Promise<EndNews>;
  /** To be called now and then with everybody there. */
  attend?(people: readonly ChannelMember[]): void;
  /** Drops what this person said. */
  retract?(personId: string, why: RetractReason): void;
  /** Follows what this person says from now on; undefined: it does not. Asked when an utterance begins. */
  follow?(speakerId: string): FollowUtterance | undefined;
  /** Words of the bot, as they leave: called now and then while it speaks, and once at the end. */
  said?(words: SpokenSegment): void;
  /** Data beside the conversation that a model is shown for an answer. */
  context?(request: ContextRequest): string | undefined;
  /** Its part of the panel. */
  panel?(): FeaturePanel;
};

/** Question for which a model is shown more than the conversation. */
export type ContextRequest = {
  readonly askerIds: readonly string[];
  /** First voiced packet of the question, on the monotonic clock. */
  readonly fromMs: number;
};

/** The features of a shard. */
export class ShardFeatures {
  readonly #all: FeatureShard[] = [];
  /** Complete once all features are added. */
  readonly ports = {} as FeaturePorts;

  /** In the order in which they are asked and told. */
  add(features: readonly FeatureShard[]): void {
    this.#all.push(...features);
    Object.assign(this.ports, ...features.map(({ ports }) => ports));
  }

  get all(): readonly FeatureShard[] {
    return this.#all;
  }

  /** Servers whose panel a feature decides about. */
  async arrived(guildIds: readonly string[]): Promise<ReadonlySet<string>> {
    const decided = await Promise.all(this.#all.map((one) => one.arrived?.(guildIds)));
    return new Set(decided.flatMap((ids) => [...(ids ?? [])]));
  }

  changed(guildId: string): void {
    for (const one of this.#all) one.changed?.(guildId);
  }

  /** Begins with a session. */
  session(context: SessionContext, before: SessionBefore): SessionFeatures {
    const all = this.#all.flatMap((one) => one.session?.(context, before) ?? []);
    return new SessionFeatures(this.ports, all);
  }
}

/** The features of a session, asked and told together. */
export class SessionFeatures {
  /** Objects of the shard. */
  readonly ports: FeaturePorts;
  readonly sessions: SessionParts;
  readonly #all: readonly FeatureSession[];

  constructor(ports: FeaturePorts, all: readonly FeatureSession[]) {
    this.ports = ports;
    this.#all = all;
    this.sessions = Object.assign({}, ...all.map(({ parts }) => parts));
  }

  changed(hasEntered: boolean, key?: string): void {
    for (const one of this.#all) one.changed?.(hasEntered, key);
  }

  async ended(why: LeaveReason): Promise<EndNews> {
    const news = await Promise.all(this.#all.map((one) => one.ended?.(why)));
    return Object.assign({}, ...news);
  }

  attend(people: readonly ChannelMember[]): void {
    for (const one of this.#all) one.attend?.(people);
  }

  retract(personId: string, why: RetractReason): void {
    for (const one of this.#all) one.retract?.(personId, why);
  }

  follow(speakerId: string): FollowUtterance | undefined {
    const follows = this.#all.flatMap((one) => one.follow?.(speakerId) ?? []);
    return follows.length > 0 ? (utterance) => together(follows, utterance) : undefined;
  }

  said(words: SpokenSegment): void {
    for (const one of this.#all) one.said?.(words);
  }

  context(request: ContextRequest): readonly string[] {
    return this.#all.flatMap((one) => one.context?.(request) ?? []);
  }

  panel(): FeaturePanel {
    const parts = this.#all.flatMap((one) => one.panel?.() ?? []);
    const lines = parts.flatMap((part) => part.lines ?? []);
    const buttons = parts.flatMap((part) => part.buttons ?? []);
    return Object.assign(
      {},
      ...parts,
      lines.length > 0 && { lines },
      buttons.length > 0 && { buttons },
    );
  }
}

function together(
  follows: readonly FollowUtterance[],
  utterance: BegunUtterance,
): UtteranceFollower {
  const followers = follows.map((follow) => follow(utterance));
  return {
    partial: (text) => followers.forEach((one) => void one.partial(text)),
    whole: (text) => followers.forEach((one) => void one.whole(text)),
    resumed: () => followers.forEach((one) => void one.resumed()),
    ended: (result) => followers.forEach((one) => void one.ended(result)),
  };
}
