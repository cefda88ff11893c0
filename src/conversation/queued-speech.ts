import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Asker, AskOutcome, SpokenManner } from '#src/ports/command-ports.ts';
import type { ReportedOutcome } from './machine/effects.ts';

export type QueuedQuestion = {
  readonly kind: 'question';
  readonly utterance: TurnUtterance;
  /** Words of the same person just before, oldest first, five at most. One answer is for all of them. */
  readonly earlierUtterances: readonly TurnUtterance[];
  readonly endedAtMs: number;
  readonly signal?: AbortSignal;
  /** Called once with its outcome. Never throws. */
  readonly onOver?: (outcome: ReportedOutcome) => void;
  transcript?: { readonly text: string; readonly atMs: number };
  readonly manner?: SpokenManner;
  readonly onOutcome?: (asking: AskOutcome) => void;
};

/** `now`: before everything that waits. */
export type SayPlace = 'now' | 'queue';

export type QueuedAnnouncement = {
  readonly kind: 'reading';
  readonly clauses: readonly ConfidentialText[];
  /** `behind`: after everything that waits, even if it comes later. */
  readonly when: SayPlace | 'behind';
  /** Made when its turn comes, and said first. Undefined: the text is not to be said any more. */
  readonly opening?: () => string | undefined;
  readonly voice?: string;
  /** BCP 47. A voice that does not speak it refuses. */
  readonly language?: string;
  /** 1 is usual. */
  readonly speed?: number;
  /** False for a text that everybody has to hear. */
  readonly interruptible?: boolean;
  /** Its listener, or the author of words that it quotes. */
  readonly personId?: PersonId;
  readonly owner?: Asker;
  /** Default: the server pays. */
  readonly payer?: Asker;
  /** True where its sender writes it if it cannot be said. */
  readonly isWrittenElsewhere?: boolean;
  readonly onHeard?: () => void;
  readonly signal?: AbortSignal;
};
