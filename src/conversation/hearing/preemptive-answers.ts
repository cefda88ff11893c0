import { beginAnswer } from '#src/conversation/answering/begin-answer.ts';
import { PendingAnswer } from '#src/conversation/engines/pending-answer.ts';
import { type OpenUtterance, said } from '#src/conversation/hearing/open-utterance.ts';
import { audience, decisionFactsOf } from '#src/conversation/hearing/open-utterance-decisions.ts';
import type { UtteranceSoFar } from '#src/conversation/hearing/speaker-input.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import type { HearingDependencies } from '#src/conversation/session-dependencies.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { sameWords } from '#src/turn/same-words.ts';

export type PreemptiveAnswersOptions = {
  readonly context: SpeakingContext;
  readonly hearing: HearingDependencies;
  /** Gives the speaker input of this person the words that were recognised up to its pause. */
  readonly read: (speakerId: string, understood: Transcript) => void;
  /** Whether it is still being said. */
  readonly isOpen: (utterance: OpenUtterance) => boolean;
};

/** Words that arrive within this time after a pause was noticed, in ms, are of the sound before it. */
const latePartialMs = 80;

type Pause = { readonly soFar: UtteranceSoFar; readonly atMs: number; partial: string | undefined };

/** Recognises and answers ahead, in the pauses of people who talk. */
export class PreemptiveAnswers {
  readonly #options: PreemptiveAnswersOptions;
  /** The latest pause of each utterance. */
  readonly #pauses = new WeakMap<OpenUtterance, Pause>();

  constructor(options: PreemptiveAnswersOptions) {
    this.#options = options;
  }

  /**
   * Handles a pause of a person: what was said so far is recognised and given to the speaker input.
   *
   * Where a recogniser streams and its partials are trusted, its words are thought about before they are final.
   */
  async pause(utterance: OpenUtterance, soFar: UtteranceSoFar): Promise<void> {
    const { partialTrust } = this.#options.hearing;
    const { partial } = utterance;
    const text = utterance.text();
    const pause: Pause = { soFar, atMs: this.#nowMs(), partial };
    this.#pauses.set(utterance, pause);
    if (partial !== undefined) this.#guess(utterance, partial, soFar);
    const words = await text.catch(() => undefined);
    if (pause.partial !== undefined && words) partialTrust.compare(pause.partial, words.text);
    if (!this.#options.isOpen(utterance) || !utterance.isAsking(text)) return;
    this.#handleWords(utterance, words ?? { text: '' });
  }

  /** A partial came: the words of a pause that has just begun may have been on their way. */
  heardPartly(utterance: OpenUtterance, partial: string): void {
    const pause = this.#pauses.get(utterance);
    const isInPause = utterance.isAsked && utterance.words === undefined;
    if (!pause || !isInPause || this.#nowMs() - pause.atMs > latePartialMs) return;
    pause.partial = partial;
    if (utterance.guess !== undefined && sameWords(utterance.guess, partial)) return;
    if (utterance.guess !== undefined) utterance.forgetAnswer();
    this.#guess(utterance, partial, pause.soFar);
  }

  #guess(utterance: OpenUtterance, partial: string, soFar: UtteranceSoFar): void {
    if (utterance.pending) return;
    this.#begin(utterance, partial, soFar, false);
    if (utterance.pending) utterance.guess = partial;
  }

  #nowMs(): number {
    return this.#options.context.parts.clock.nowMs();
  }

  /** A recogniser that failed has nothing to say. */
  #handleWords(utterance: OpenUtterance, words: Transcript): void {
    if (utterance.isGuessWrong) utterance.forgetAnswer();
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
    const { context, hearing } = this.#options;
    const { addressing, preemptiveBudget, queue } = context;
    const facts = {
      ...decisionFactsOf(utterance, text, heard, context),
      isFinal,
      trustsPartials: hearing.partialTrust.isTrusted,
      isBegun: utterance.pending !== undefined,
      isQueueFree: queue.isFree,
      hasBudget: preemptiveBudget.allows,
      isSettled: utterance.isSettled,
    };
    const decision = addressing.decideAhead(facts, audience(utterance, context));
    if (decision.kind === 'wait') return;
    const { speakerId, name, earlier } = utterance;
    const isWhole = text === undefined || utterance.words?.text === text;
    const transcript = isWhole ? utterance.text() : Promise.resolve({ text });
    const now = said(soFar(), speakerId, name, () => transcript);
    const until = AbortSignal.any([context.signal, context.gate.withdrawals.of(speakerId)]);
    const begun = beginAnswer([...earlier, now], context, until);
    if (begun instanceof PendingAnswer) utterance.pending = begun;
  }
}
