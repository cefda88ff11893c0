import type { AdmittedErasure, PersonErasure } from '#src/base/erasures.ts';
import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { FeaturePanel } from './panel.ts';
import type { LeaveReason } from './session-events.ts';
import type { ChannelMember } from './voice-link.ts';

/** An utterance that begins. `fromMs` is its first voiced packet on the monotonic clock, without jitter. */
export type BegunUtterance = {
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
};

export type UtteranceContent =
  /** Word times are relative to the first voiced packet, in ms. */
  | { readonly kind: 'text'; readonly transcript: Transcript }
  /**
   * `not-understood`: the recogniser failed or was late. `withdrawn`: the speaker may not be heard
   * any more.
   */
  | { readonly kind: 'no-words' | 'not-understood' | 'withdrawn' };

/** The end of an utterance. `toMs` is its last voiced packet on the monotonic clock, without jitter. */
export type UtteranceResult = UtteranceContent & { readonly toMs: number };

/** Begins to follow an utterance. Must not throw. */
export type FollowUtterance = (utterance: BegunUtterance) => UtteranceFollower;

/** A listener to one utterance. No method may throw. */
export interface UtteranceFollower {
  /** Receives all words so far, which may still change. */
  onPartial(text: string): void;
  /** Receives all words up to a pause. More may follow. */
  onWhole(text: string): void;
  /** Receives the result, exactly once and last. */
  onEnded(result: UtteranceResult): void;
}

export type SpokenSegment = {
  readonly key: object;
  readonly text: string;
  /** BCP 47, of an announcement whose language is known. */
  readonly language?: string | undefined;
  /** Monotonic times of the first and latest frame. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOver: boolean;
  readonly isCut: boolean;
  readonly answeredIds: readonly PersonId[];
  /** Id of the answer. Undefined for a text that was read out. */
  readonly answerId: number | undefined;
};

/**
 * Data of a person outside tables. No hook throws. Undefined means a failed store,
 * already reported.
 */
export type PersonHooks = {
  /**
   * Forgets data in memory, and returns the erasure of stored data, to run once the no
   * is stored. Called again when rows were erased.
   */
  forgetPerson?(
    guildId: GuildId,
    personId: PersonId,
    reason: ErasureReason,
  ): EraseStoredData | undefined;
  /** Forgets words in memory that may quote anybody of the server. Called once when a person is forgotten. */
  forgetQuotes?(guildId: GuildId): void;
  /** Counts stored lines and memories of a person for `/privacy`. */
  countStored?(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<FeatureCounts | undefined>;
  /** Adds fields to the export. */
  exportFields?(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
};

/** Why stored data goes: `forgotten` means everything about the person. */
export type ErasureReason = PersonErasure['kind'];

/** Erases stored data, and returns the number of erased items. Undefined after a failure. */
export type EraseStoredData = (
  erasure: AdmittedErasure<PersonErasure>,
) => Promise<number | undefined>;

export type FeatureCounts = {
  readonly lines: number;
  readonly memories: number;
  /** Points in the notes of channels. */
  readonly notes: number;
};

export type LeaveSummary = { readonly hasTranscript?: boolean };

/** `withdrawn` drops everything the person said. `barred` and `left-out` only drop later words. */
export type ForgetReason = 'withdrawn' | 'barred' | 'left-out';

/** The `key` of `onChange` after somebody chose the mode of a session, also the same one again. */
export const sessionModeKey = 'session mode';

/** The hooks of one feature in one session. No hook throws. */
export type FeatureSession = {
  /**
   * Called when people can be heard, and after changes of mode or settings. `key` is the changed
   * setting, of the voice channel alone or of its whole server.
   */
  onChange?(hasEntered: boolean, key?: string, isOfChannel?: boolean): void;
  /** Called once, when the session ends. Resolves with news for the reply to `/leave`. */
  onEnd?(reason: LeaveReason): Promise<LeaveSummary>;
  /** Called with everybody in the channel at first, and soon after they or their consents change. */
  onPresence?(people: readonly ChannelMember[]): void;
  /** Drops a person's words from memory. Called as soon as the person may not be heard any more. */
  forgetPerson?(personId: PersonId, reason: ForgetReason): void;
  /** Called when an utterance begins. Undefined leaves it alone. */
  followSpeaker?(speakerId: PersonId): FollowUtterance | undefined;
  /** Called now and then while the bot speaks, and once at the end. */
  onSpoken?(segment: SpokenSegment): void;
  /** Adds data to the prompt of an answer. */
  describeContext?(request: ContextRequest): string | undefined;
  /** Returns lines and buttons for the panel. Called whenever the panel is drawn. */
  describePanel?(): FeaturePanel;
};

export type ContextRequest = {
  readonly askerId: PersonId;
  /** First voiced packet of the question, on the monotonic clock. */
  readonly fromMs: number;
};

/** All features of one session, called as one. */
export interface SessionFeatures {
  /** Tells features that people can be heard, or that the mode or the setting `key` changed. */
  onChange(hasEntered: boolean, key?: string, isOfChannel?: boolean): void;
  /** Ends all features at once. Resolves with their joined news for the reply to `/leave`. */
  onEnd(reason: LeaveReason): Promise<LeaveSummary>;
  /** Tells features of the people in the channel. */
  onPresence(people: readonly ChannelMember[]): void;
  /** Lets features drop a person's words that are in memory. */
  forgetPerson(personId: PersonId, reason: ForgetReason): void;
  /** Lets features follow an utterance that begins. Undefined if none follows this speaker. */
  followSpeaker(speakerId: PersonId): FollowUtterance | undefined;
  /** Passes on words that have left the bot. */
  onSpoken(segment: SpokenSegment): void;
  /** Lists the data that features add to the prompt of an answer. */
  describeContext(request: ContextRequest): readonly string[];
  /** Joins the features' parts of the panel. Lines and buttons come in the order of the features. */
  describePanel(): FeaturePanel;
}

/** Calls all features of a session as one. */
export function joinSessionFeatures(
  features: readonly FeatureSession[],
): SessionFeatures {
  return {
    onChange(hasEntered, key, isOfChannel) {
      for (const feature of features) feature.onChange?.(hasEntered, key, isOfChannel);
    },
    async onEnd(reason) {
      const news = await Promise.all(
        features.map((feature) => feature.onEnd?.(reason)),
      );
      return Object.assign({}, ...news);
    },
    onPresence(people) {
      for (const feature of features) feature.onPresence?.(people);
    },
    forgetPerson(personId, reason) {
      for (const feature of features) feature.forgetPerson?.(personId, reason);
    },
    followSpeaker(speakerId) {
      const follows = features.flatMap(
        (feature) => feature.followSpeaker?.(speakerId) ?? [],
      );
      return follows.length > 0
        ? (utterance) => followWithAll(follows, utterance)
        : undefined;
    },
    onSpoken(segment) {
      for (const feature of features) feature.onSpoken?.(segment);
    },
    describeContext: (request) =>
      features.flatMap((feature) => feature.describeContext?.(request) ?? []),
    describePanel: () =>
      joinPanels(features.flatMap((feature) => feature.describePanel?.() ?? [])),
  };
}

function joinPanels(panels: readonly FeaturePanel[]): FeaturePanel {
  const lines = panels.flatMap((panel) => panel.lines ?? []);
  const buttons = panels.flatMap((panel) => panel.buttons ?? []);
  return Object.assign(
    {},
    ...panels,
    lines.length > 0 && { lines },
    buttons.length > 0 && { buttons },
  );
}

function followWithAll(
  follows: readonly FollowUtterance[],
  utterance: BegunUtterance,
): UtteranceFollower {
  const followers = follows.map((follow) => follow(utterance));
  return {
    onPartial: (text) => followers.forEach((follower) => void follower.onPartial(text)),
    onWhole: (text) => followers.forEach((follower) => void follower.onWhole(text)),
    onEnded: (result) => followers.forEach((follower) => void follower.onEnded(result)),
  };
}

type PlacedSession = { readonly voiceChannel: object };

/** The sessions of a shard. */
type ShardSessions = {
  findSession(guildId: GuildId): PlacedSession | undefined;
  listSessions(guildId: GuildId): readonly PlacedSession[];
  listAll(): readonly PlacedSession[];
};

/** One object of a feature for each session of a shard. */
export class SessionObjects<SessionObject> {
  readonly #sessions: ShardSessions;
  readonly #objects = new WeakMap<object, SessionObject>();

  constructor(sessions: ShardSessions) {
    this.#sessions = sessions;
  }

  /** Keeps the object of a session, and returns it. Call it as the session begins. */
  add({ voiceChannel }: PlacedSession, object: SessionObject): SessionObject {
    this.#objects.set(voiceChannel, object);
    return object;
  }

  /** Returns the object of a session. Throws before `add`. */
  get({ voiceChannel }: PlacedSession): SessionObject {
    const object = this.#objects.get(voiceChannel);
    if (object === undefined)
      throw new Error('The feature has not begun with this session.');
    return object;
  }

  /** Finds the object of the session that a server has now. */
  find(guildId: GuildId): SessionObject | undefined {
    const session = this.#sessions.findSession(guildId);
    return session && this.get(session);
  }

  /** Lists objects of a server or, without one, of the shard, also of sessions that begin or end now. */
  list(guildId?: GuildId): readonly SessionObject[] {
    const sessions = guildId
      ? this.#sessions.listSessions(guildId)
      : this.#sessions.listAll();
    return sessions.map((session) => this.get(session));
  }
}
