import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { FeaturePanel } from './panel.ts';
import type { LeaveReason } from './session-events.ts';
import type { ChannelMember } from './voice-link.ts';

/** `fromMs` is the first voiced packet on the monotonic clock, without jitter. */
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

/** `toMs` is the last voiced packet on the monotonic clock, without jitter. */
export type UtteranceResult = UtteranceContent & { readonly toMs: number };

export type FollowUtterance = (utterance: BegunUtterance) => UtteranceFollower;

/** Hears about one utterance. No method may throw. */
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
  /** Monotonic times of the first and latest frame. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOver: boolean;
  readonly isCut: boolean;
  readonly answeredIds: readonly PersonId[];
  /** False for a text that was read out. */
  readonly isAnswer: boolean;
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
  countStored?(guildId: GuildId, personId: PersonId): Promise<StoredCounts | undefined>;
  /** Adds fields to the export. */
  exportFields?(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
};

/** `forgotten` means everything about the person goes. */
export type ErasureReason = 'withdrawn' | 'forgotten';

/** Returns the number of erased items. */
export type EraseStoredData = () => Promise<number | undefined>;

export type StoredCounts = {
  readonly lines: number;
  readonly memories: number;
};

export type LeaveSummary = { readonly hasTranscript?: boolean };

/** `withdrawn` drops everything the person said. `barred` and `left-out` only drop later words. */
export type ForgetReason = 'withdrawn' | 'barred' | 'left-out';

/** No hook throws. */
export type FeatureSession = {
  /**
   * Called when people can be heard, and after changes of mode or settings. `key` is the changed
   * setting.
   */
  onChange?(hasEntered: boolean, key?: string): void;
  /** Resolves with news for the reply to `/leave`. */
  onEnd?(why: LeaveReason): Promise<LeaveSummary>;
  /** Called with everybody in the channel at first, and soon after they or their consents change. */
  onPresence?(people: readonly ChannelMember[]): void;
  forgetPerson?(personId: PersonId, reason: ForgetReason): void;
  /** Called when an utterance begins. Undefined leaves it alone. */
  followSpeaker?(speakerId: PersonId): FollowUtterance | undefined;
  /** Called now and then while the bot speaks, and once at the end. */
  onSpoken?(words: SpokenSegment): void;
  /** Adds data to the prompt of an answer. */
  describeContext?(request: ContextRequest): string | undefined;
  describePanel?(): FeaturePanel;
};

export type ContextRequest = {
  readonly askerId: PersonId;
  /** First voiced packet of the question, on the monotonic clock. */
  readonly fromMs: number;
};

export type SessionFeatures = ReturnType<typeof joinSessionFeatures>;

/** Calls all features of a session as one. */
export function joinSessionFeatures(all: readonly FeatureSession[]) {
  return {
    onChange(hasEntered: boolean, key?: string) {
      for (const one of all) one.onChange?.(hasEntered, key);
    },

    async onEnd(why: LeaveReason): Promise<LeaveSummary> {
      const news = await Promise.all(all.map((one) => one.onEnd?.(why)));
      return Object.assign({}, ...news);
    },

    onPresence(people: readonly ChannelMember[]) {
      for (const one of all) one.onPresence?.(people);
    },

    forgetPerson(personId: PersonId, reason: ForgetReason) {
      for (const one of all) one.forgetPerson?.(personId, reason);
    },

    followSpeaker(speakerId: PersonId): FollowUtterance | undefined {
      const follows = all.flatMap((one) => one.followSpeaker?.(speakerId) ?? []);
      return follows.length > 0
        ? (utterance) => followWithAll(follows, utterance)
        : undefined;
    },

    onSpoken(words: SpokenSegment) {
      for (const one of all) one.onSpoken?.(words);
    },

    describeContext(request: ContextRequest): readonly string[] {
      return all.flatMap((one) => one.describeContext?.(request) ?? []);
    },

    describePanel(): FeaturePanel {
      const parts = all.flatMap((one) => one.describePanel?.() ?? []);
      const lines = parts.flatMap((part) => part.lines ?? []);
      const buttons = parts.flatMap((part) => part.buttons ?? []);
      return Object.assign(
        {},
        ...parts,
        lines.length > 0 && { lines },
        buttons.length > 0 && { buttons },
      );
    },
  };
}

function followWithAll(
  follows: readonly FollowUtterance[],
  utterance: BegunUtterance,
): UtteranceFollower {
  const followers = follows.map((follow) => follow(utterance));
  return {
    onPartial: (text) => followers.forEach((one) => void one.onPartial(text)),
    onWhole: (text) => followers.forEach((one) => void one.onWhole(text)),
    onEnded: (result) => followers.forEach((one) => void one.onEnded(result)),
  };
}
