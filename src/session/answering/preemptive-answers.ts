import { type AddressingContext, willBeAnswered } from '#src/session/hearing/answerable.ts';
import type { OpenUtterance } from '#src/session/hearing/open-utterance.ts';
import type { OverlapWords } from '#src/session/hearing/overlap-words.ts';
import type { UtteranceSoFar } from '#src/session/hearing/speaker-input.ts';
import { said } from '#src/session/hearing/utterance.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { endOfTurnOf } from '#src/turn/end-of-turn.ts';
import { beginAnswer } from './begin-answer.ts';
import { PartialTrust, sameWords } from './partial-trust.ts';
import { PendingAnswer } from './pending-answer.ts';

export type PreemptiveAnswersOptions = AddressingContext & {
  /** Tells the ear of this person what has been understood up to its pause. */
  readonly read: (speakerId: string, understood: Transcript) => void;
  readonly overlapWords: Pick<OverlapWords, 'foresees'>;
  /** Whether it is still being said. */
  readonly isOpen: (draft: OpenUtterance) => boolean;
};

/** Logit of it that a sentence has come to its end: above, it is worth an answer that may be thrown away. */
const sureEnough = 0.3;

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
  async pause(draft: OpenUtterance, soFar: UtteranceSoFar): Promise<void> {
    const { partial } = draft;
    const text = draft.text();
    if (
      partial !== undefined &&
      this.#trust.isEarned &&
      endOfTurnOf(partial).completeLogit >= sureEnough
    ) {
      this.think(draft, partial, soFar);
      if (draft.thinking) draft.guess = partial;
    }
    const words = await text.catch(() => undefined);
    if (partial !== undefined && words) this.#trust.compare(partial, words.text);
    if (!this.#options.isOpen(draft) || !draft.isAsking(text)) return;
    this.#told(draft, words ?? { text: '' });
  }

  /** A recogniser that failed has nothing to say. */
  #told(draft: OpenUtterance, words: Transcript): void {
    if (draft.guess !== undefined && !sameWords(draft.guess, words.text)) draft.forgetAnswer();
    this.#options.read(draft.speakerId, words);
  }

  /** Begins the answer to it, if it is going to have one; `text` is what was understood, where anything was. */
  think(draft: OpenUtterance, text: string | undefined, { soFar, heard }: UtteranceSoFar): void {
    const { room } = this.#options;
    const { floor, waste } = room;
    if (draft.thinking || !floor.isFree || !waste.allows || !draft.isSettled) return;
    if (!willBeAnswered(draft, text, heard, this.#options)) return;
    if (text !== undefined && this.#options.overlapWords.foresees(text)) return;
    const { speakerId, name, earlier } = draft;
    const transcript = text === undefined ? draft.text() : Promise.resolve({ text });
    const now = said(soFar(), speakerId, name, () => transcript);
    const until = AbortSignal.any([room.signal, room.withdrawals.of(speakerId)]);
    const begun = beginAnswer([...earlier, now], room, until);
    if (begun instanceof PendingAnswer) draft.thinking = begun;
  }
}
