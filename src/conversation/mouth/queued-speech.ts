import type { PersonId } from '#src/base/ids.ts';
import type { TurnEnd } from '#src/conversation/machine/state.ts';
import type { Owned } from '#src/people/owned.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Asker, AskOutcome, SpokenManner } from '#src/ports/command-ports.ts';

/** A question that did not come by voice, on its way to an answer. */
export type QueuedQuestion = {
  readonly utterance: TurnUtterance;
  /** Oldest first, five at most. One answer is for all of them. */
  readonly earlierUtterances: readonly TurnUtterance[];
  readonly endedAtMs: number;
  readonly signal?: AbortSignal;
  /** Called once, when the turn is over or the question was rejected. */
  readonly onOver?: (outcome: TurnEnd) => void;
  /** Text of the question for the history, once it is known. */
  transcript?: { readonly text: string; readonly atMs: number };
  readonly manner?: SpokenManner;
  /**
   * Gets the answer as soon as it is whole, or its failure. Only the first call counts. Returns whether people read it
   * in a reply.
   */
  readonly onOutcome?: (outcome: AskOutcome) => boolean;
};

/** Place in the queue: before everything that waits, or after it. */
export type SayPlace = 'now' | 'queue';

/** A text that waits to be said and answers no turn. */
export type QueuedAnnouncement = {
  readonly clauses: readonly Owned<string>[];
  /** `behind`: after everything that waits, even if it comes later. */
  readonly when: SayPlace | 'behind';
  /** Returns words to say before the text. Undefined: the text is not wanted any more, and is not said. */
  readonly opening?: () => string | undefined;
  readonly voice?: string;
  /** Language that the maker of the text knows it to be in, and never a guess. Absent: the words decide. */
  readonly language?: string;
  readonly speed?: number;
  readonly interruptible?: boolean;
  /** The listener, or the author of quoted words. */
  readonly personId?: PersonId;
  readonly owner?: Asker;
  readonly payer?: Asker;
  /** True if the sender writes the text when it cannot be said, so that nobody else writes it. */
  readonly isWrittenElsewhere?: boolean;
  /** Called once, after the announcement was heard at least in part. */
  readonly onHeard?: () => void;
  readonly signal?: AbortSignal;
};
