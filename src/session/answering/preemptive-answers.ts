import type { SessionAddressing } from '#src/session/hearing/addressing.ts';
import type { OpenUtterance } from '#src/session/hearing/open-utterance.ts';
import type { UtteranceSoFar } from '#src/session/hearing/speaker-input.ts';
import { said } from '#src/session/hearing/utterance.ts';
import { type AddressingContext, audience, factsOf } from '#src/session/hearing/utterance-facts.ts';
import type { SpeechOutput } from '#src/session/output/speech-output.ts';
import type { ConsentWithdrawals } from '#src/session/presence/consent-withdrawals.ts';
import type { TurnQueue } from '#src/session/queue/turn-queue.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import { sameWords } from '#src/turn/same-words.ts';
import { type AnswerStart, beginAnswer } from './begin-answer.ts';
import { PendingAnswer } from './pending-answer.ts';

/** What an answer is begun with ahead of the end of a turn, and what ends it. */
export type PreemptiveContext = AnswerStart & {
  readonly addressing: Pick<SessionAddressing, 'decideAhead' | 'presumes'>;
  readonly queue: Pick<TurnQueue, 'isFree'>;
  readonly output: Pick<SpeechOutput, 'hasAnswered'>;
  readonly withdrawals: Pick<ConsentWithdrawals, 'of'>;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
};

export type PreemptiveAnswersOptions = AddressingContext & {
  readonly context: PreemptiveContext;
  /** Tells the ear of this person what has been understood up to its pause. */
  readonly read: (speakerId: string, understood: Transcript) => void;
  /** Whether it is still being said. */
  readonly isOpen: (utterance: OpenUtterance) => boolean;
};

/** What is understood and answered ahead, in the pauses of those who talk. */
export class PreemptiveAnswers {
  readonly #options: PreemptiveAnswersOptions;
  readonly #trust = new PartialTrust();

  constructor(options: PreemptiveAnswersOptions) {
    this.#options = options;
  }

  /**
   * Somebody pauses: what was said so far is recognised and told to the ear.
   *
   * Where a recogniser streams and was right at pauses before, its words are thought about before they are final.
   */
  async pause(utterance: OpenUtterance, soFar: UtteranceSoFar): Promise<void> {
    const { partial } = utterance;
    const text = utterance.text();
    if (partial !== undefined) {
      this.#begin(utterance, partial, soFar, false);
      if (utterance.pending) utterance.guess = partial;
    }
    const words = await text.catch(() => undefined);
    if (partial !== undefined && words) this.#trust.compare(partial, words.text);
    if (!this.#options.isOpen(utterance) || !utterance.isAsking(text)) return;
    this.#told(utterance, words ?? { text: '' });
  }

  /** A recogniser that failed has nothing to say. */
  #told(utterance: OpenUtterance, words: Transcript): void {
    if (utterance.guess !== undefined && !sameWords(utterance.guess, words.text))
      utterance.forgetAnswer();
    this.#options.read(utterance.speakerId, words);
  }

  /** Begins the answer to it, if it is going to have one; `text` is what was understood, where anything was. */
  think(utterance: OpenUtterance, text: string | undefined, soFar: UtteranceSoFar): void {
    this.#begin(utterance, text, soFar, true);
  }

  #begin(
    utterance: OpenUtterance,
    text: string | undefined,
    { soFar, heard }: UtteranceSoFar,
    isFinal: boolean,
  ): void {
    const { context } = this.#options;
    const { addressing, channel, output, parts, preemptiveBudget, queue } = context;
    const facts = {
      ...factsOf(utterance, text, heard, output.hasAnswered),
      isFinal,
      trustsPartials: this.#trust.isEarned,
      isBegun: utterance.pending !== undefined,
      isQueueFree: queue.isFree,
      hasBudget: preemptiveBudget.allows && parts.spending.ready(channel.guildId) === undefined,
      isSettled: utterance.isSettled,
    };
    const decision = addressing.decideAhead(facts, audience(utterance, this.#options));
    if (decision.kind === 'wait') return;
    const { speakerId, name, earlier } = utterance;
    const transcript = text === undefined ? utterance.text() : Promise.resolve({ text });
    const now = said(soFar(), speakerId, name, () => transcript);
    const until = AbortSignal.any([context.signal, context.withdrawals.of(speakerId)]);
    const begun = beginAnswer([...earlier, now], context, until);
    if (begun instanceof PendingAnswer) utterance.pending = begun;
  }
}
