import type { Transcript } from '#src/speech/speech-engine.ts';
import type { FeaturePanel } from './panel.ts';
import type { LeaveReason } from './session-events.ts';
import type { ChannelMember } from './voice-link.ts';

/** An utterance that has begun; `fromMs` is its first voiced packet on the monotonic clock, without jitter. */
export type BegunUtterance = {
  readonly speakerId: PersonId;
  readonly name: string;
  readonly fromMs: number;
};

/** Content of an utterance. */
export type UtteranceContent =
  /** Times of words, where there are any, are in ms since the first voiced packet. */
  | { readonly kind: 'text'; readonly transcript: Transcript }
  | { readonly kind: 'no-words' }
  /** The recogniser failed, or was too late. */
  | { readonly kind: 'not-understood' }
  /** Its speaker may not be heard any more. */
  | { readonly kind: 'withdrawn' };

/** End of an utterance; `toMs` is its last voiced packet on the monotonic clock, without jitter. */
export type UtteranceResult = UtteranceContent & { readonly toMs: number };

/** Begins to follow an utterance. */
export type FollowUtterance = (utterance: BegunUtterance) => UtteranceFollower;

/** Told what becomes of one utterance. Nothing here may throw. */
export interface UtteranceFollower {
  /** All words so far, which may still change. */
  onPartial(text: string): void;
  /** All words up to a pause, as sure as they get; more may follow. */
  onWhole(text: string): void;
  /** Called exactly once, whatever happens; no other call follows. */
  onEnded(result: UtteranceResult): void;
}

/** Words that were really sent of one answer or text. */
export type SpokenSegment = {
  /** The same for all words of one answer or text. */
  readonly key: object;
  readonly text: string;
  /** First and latest frame sent, in ms of the monotonic clock. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly isOver: boolean;
  /** It was stopped before its end. */
  readonly isCut: boolean;
  readonly answeredIds: readonly PersonId[];
  /** Whether it answers a question, of which `answered` tells; else it was read out. */
  readonly isAnswer: boolean;
};

/**
 * Hooks of a feature for a person in a server, beside the rows of its tables, which are counted, exported and erased by their
 * declarations. Nothing here throws; undefined: a store is in trouble, which is reported to the operator.
 */
export type PersonHooks = {
  /**
   * Forgets what is held in memory, and returns the erasure of what is stored, which runs once the no of that person is. Called again
   * when the rows of the tables are erased.
   */
  forgetPerson?(
    guildId: GuildId,
    personId: PersonId,
    reason: ErasureReason,
  ): EraseStoredData | undefined;
  /** Counts what is stored. */
  countStored?(guildId: GuildId, personId: PersonId): Promise<StoredCounts | undefined>;
  /** Fields of the export. */
  exportFields?(
    guildId: GuildId,
    personId: PersonId,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
};

/** `withdrawn`: the person said no. `forgotten`: everything about them goes. */
export type ErasureReason = 'withdrawn' | 'forgotten';

/** Erases what is stored of a person, and returns the number of items. */
export type EraseStoredData = () => Promise<number | undefined>;

/** Numbers of stored items that `/privacy status` tells apart. */
export type StoredCounts = {
  readonly lines: number;
  readonly memories: number;
};

/** News for the person who asked to leave. */
export type LeaveSummary = { readonly hasTranscript?: boolean };

/**
 * Why a session forgets a person. `withdrawn`: they said no, so nothing of it is kept. `barred`, `left-out`: they may not use the bot, or
 * are left out of captions, from now on.
 */
export type ForgetReason = 'withdrawn' | 'barred' | 'left-out';

/** A feature in one session. Nothing here throws. */
export type FeatureSession = {
  /**
   * People can be heard and spoken to, the mode of the session has changed, or settings of the server have changed, this `key`
   * among them, or are known now.
   */
  onChange?(hasEntered: boolean, key?: string): void;
  /** Resolves when nothing of it is left to do, with what whoever asked to leave is told. */
  onEnd?(why: LeaveReason): Promise<LeaveSummary>;
  /** To be called now and then with everybody there. */
  onPresence?(people: readonly ChannelMember[]): void;
  /** Drops what this person said. */
  forgetPerson?(personId: PersonId, reason: ForgetReason): void;
  /** Follows what this person says from now on; undefined: it does not. Asked when an utterance begins. */
  followSpeaker?(speakerId: PersonId): FollowUtterance | undefined;
  /** Words of the bot, as they leave: called now and then while it speaks, and once at the end. */
  onSpoken?(words: SpokenSegment): void;
  /** Data beside the conversation that a model is shown for an answer. */
  describeContext?(request: ContextRequest): string | undefined;
  /** Its part of the panel. */
  describePanel?(): FeaturePanel;
};

/** Question for which a model is shown more than the conversation. */
export type ContextRequest = {
  readonly askerId: PersonId;
  /** First voiced packet of the question, on the monotonic clock. */
  readonly fromMs: number;
};

/** The features of a session, asked and told together. */
export class SessionFeatures {
  readonly #all;

  constructor(all: readonly FeatureSession[]) {
    this.#all = all;
  }

  onChange(hasEntered: boolean, key?: string): void {
    for (const one of this.#all) one.onChange?.(hasEntered, key);
  }

  async onEnd(why: LeaveReason): Promise<LeaveSummary> {
    const news = await Promise.all(this.#all.map((one) => one.onEnd?.(why)));
    return Object.assign({}, ...news);
  }

  onPresence(people: readonly ChannelMember[]): void {
    for (const one of this.#all) one.onPresence?.(people);
  }

  forgetPerson(personId: PersonId, reason: ForgetReason): void {
    for (const one of this.#all) one.forgetPerson?.(personId, reason);
  }

  followSpeaker(speakerId: PersonId): FollowUtterance | undefined {
    const follows = this.#all.flatMap((one) => one.followSpeaker?.(speakerId) ?? []);
    return follows.length > 0 ? (utterance) => followWithAll(follows, utterance) : undefined;
  }

  onSpoken(words: SpokenSegment): void {
    for (const one of this.#all) one.onSpoken?.(words);
  }

  describeContext(request: ContextRequest): readonly string[] {
    return this.#all.flatMap((one) => one.describeContext?.(request) ?? []);
  }

  describePanel(): FeaturePanel {
    const parts = this.#all.flatMap((one) => one.describePanel?.() ?? []);
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
