import type { PersonId } from '#src/base/ids.ts';
import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Asker, AskOutcome, SpokenManner } from '#src/ports/command-ports.ts';
import type { TurnEnd } from './machine/state.ts';

export type QueuedQuestion = {
  readonly utterance: TurnUtterance;
  /** Oldest first, five at most. One answer is for all of them. */
  readonly earlierUtterances: readonly TurnUtterance[];
  readonly endedAtMs: number;
  readonly signal?: AbortSignal;
  readonly onOver?: (outcome: TurnEnd) => void;
  transcript?: { readonly text: string; readonly atMs: number };
  readonly manner?: SpokenManner;
  readonly onOutcome?: (asking: AskOutcome) => void;
};

export type SayPlace = 'now' | 'queue';

export type QueuedAnnouncement = {
  readonly clauses: readonly ConfidentialText[];
  /** `behind`: after everything that waits, even if it comes later. */
  readonly when: SayPlace | 'behind';
  /** Returns words to say first, undefined if the text is not wanted any more. */
  readonly opening?: () => string | undefined;
  readonly voice?: string;
  readonly language?: string;
  readonly speed?: number;
  readonly interruptible?: boolean;
  /** The listener, or the author of quoted words. */
  readonly personId?: PersonId;
  readonly owner?: Asker;
  readonly payer?: Asker;
  /** Its sender writes it if it cannot be said. */
  readonly isWrittenElsewhere?: boolean;
  readonly onHeard?: () => void;
  readonly signal?: AbortSignal;
};
