import { endpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PendingConfirmation } from './pending-confirmations.ts';

/** Time, in ms after the end of the question, in which a yes counts. */
const spokenYesMs = 20_000;
/** Time, in ms after the end of the question, in which its last word may come back as an echo. */
const echoTailMs = 200;

/** A part of somebody's speech, in ms of the monotonic clock. */
export type SpokenSpan = { readonly fromMs: number; readonly toMs: number };

type SpokenQuestion = {
  readonly ask: PendingConfirmation;
  readonly fromMs: number;
  readonly untilMs: number;
  /** The yes that was said, while its speaker may still go on. */
  yes?: SpokenSpan;
};

/**
 * The question that a spoken yes confirms: one in a session, from its last word on. The next words in the channel decide about
 * it; whatever they are but a yes of the person asked, only the button is left.
 */
export class SpokenConfirmation {
  #question: SpokenQuestion | undefined;

  /** Whether there is such a question at all. */
  get isOpen(): boolean {
    return this.#question !== undefined;
  }

  /** The question has been heard to its end. */
  open(ask: PendingConfirmation, nowMs: number): void {
    this.#question = { ask, fromMs: nowMs + echoTailMs, untilMs: nowMs + spokenYesMs };
  }

  /** Something else is said by the bot, so that a yes would answer that. */
  close(): void {
    if (!this.#question?.yes) this.#question = undefined;
  }

  /** Whether a yes of this person in this time confirms. */
  awaits(personId: string, { fromMs, toMs }: SpokenSpan): boolean {
    const question = this.#question;
    if (!question || question.yes || question.ask.presser.id !== personId) return false;
    return fromMs >= question.fromMs && toMs <= question.untilMs;
  }

  /** The voice of this person has begun: who goes on after a yes has not said it as a whole. */
  began(personId: string): void {
    const { ask, yes } = this.#question ?? {};
    if (yes && ask?.presser.id === personId) this.#question = undefined;
  }

  /** Words of this person that are no yes, or none that counts. */
  said(personId: string, fromMs: number): void {
    const { ask, yes } = this.#question ?? {};
    const isLater = yes !== undefined && ask?.presser.id !== personId && fromMs > yes.fromMs;
    if (!isLater) this.#question = undefined;
  }

  /** The yes was said: the time, in ms, until which its speaker might go on. */
  accept(yes: SpokenSpan): number {
    if (this.#question) this.#question.yes = yes;
    return yes.toMs + endpointRules.mergeMs;
  }

  /** The confirmed call, once; undefined where something was said meanwhile. */
  take(yes: SpokenSpan): PendingConfirmation | undefined {
    const question = this.#question;
    if (question?.yes !== yes) return undefined;
    this.#question = undefined;
    return question.ask;
  }
}
