import type { SessionContext } from '#src/conversation/session-context.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';

/** Tells one session what a person said about being heard, and forgets in it what the conversation has dropped of them. */
export class SessionConsent {
  readonly #context: SessionContext;
  readonly #pauseHabits: PauseHabits;

  constructor(context: SessionContext, pauseHabits: PauseHabits) {
    this.#context = context;
    this.#pauseHabits = pauseHabits;
  }

  /** This person said something; after a no nothing more comes of what they said so far. */
  said(personId: string): void {
    const { gate, talk } = this.#context;
    const word = gate.wordOf(personId);
    const isForgotten = word?.kind === 'forgetting' || word?.kind === 'forgotten';
    const no = isForgotten ? 'forget' : 'no';
    const answer = gate.saidNo(personId) ? no : 'yes';
    talk.post({ kind: 'answered-consent', by: personId, answer });
    gate.rejudge();
  }

  /** The conversation keeps nothing of this person any more. */
  forget(personId: string): void {
    const { features, gate, languages, tools } = this.#context;
    const isBarred = !gate.isAdmitted(personId);
    gate.withdrawals.withdraw(personId);
    tools.confirmations.withdraw(personId);
    features.retract(personId, isBarred ? 'barred' : 'withdrawn');
    if (isBarred) return;
    this.#pauseHabits.forget(personId);
    languages.forget(personId);
  }
}
