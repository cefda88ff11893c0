import type { ConfidentialText } from '#src/people/confidential-text.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { Asker, AskOutcome, SpokenManner } from '#src/ports/command-ports.ts';
import type { ReportedOutcome } from './machine/effects.ts';

/** A typed question of a person. */
export type QueuedQuestion = {
  readonly kind: 'question';
  readonly utterance: TurnUtterance;
  /** Words of the same person just before, oldest first, five at most: they are answered together with it. */
  readonly earlierUtterances: readonly TurnUtterance[];
  readonly endedAtMs: number;
  /** Aborted when its asker takes it back. */
  readonly signal?: AbortSignal;
  /** Told once how it ended. Never throws. */
  readonly onOver?: (outcome: ReportedOutcome) => void;
  /** Set when its transcript is there, those of `earlier` included. */
  transcript?: { readonly text: string; readonly atMs: number };
  /** Manner of the spoken answer, where the asker chose one. */
  readonly manner?: SpokenManner;
  /** Called with the outcome; only where the question was typed. */
  readonly onOutcome?: (asking: AskOutcome) => void;
};

/** Place of a text among all that waits. `now`: before everything. */
export type SayPlace = 'now' | 'queue';

/** A text to be read out. */
export type QueuedAnnouncement = {
  readonly kind: 'reading';
  readonly clauses: readonly ConfidentialText[];
  /** `behind`: after all else that waits, also what comes later. */
  readonly when: SayPlace | 'behind';
  /** Words before it, made when its turn comes; undefined: it is not to be said any more. */
  readonly opening?: () => string | undefined;
  readonly voice?: string;
  /** Language of the text (BCP 47), where it is known: a voice that does not speak it refuses. */
  readonly language?: string;
  /** Pace that its writer has chosen; 1 is usual. */
  readonly speed?: number;
  /** False for what everybody has to have heard. */
  readonly interruptible?: boolean;
  /** Person whom it answers, or whose words it quotes. */
  readonly personId?: PersonId;
  /** Who had it read; left out for what the bot says of itself. */
  readonly owner?: Asker;
  /** Left out: the server pays. */
  readonly payer?: Asker;
  /** True: where it cannot be said, its sender has it written. */
  readonly isWrittenElsewhere?: boolean;
  /** Called when something of it was heard. */
  readonly onHeard?: () => void;
  /** Aborted when it is not to be said any more. */
  readonly signal?: AbortSignal;
};
