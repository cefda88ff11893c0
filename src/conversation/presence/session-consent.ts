import type { SessionContext } from '#src/conversation/session-context.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';

/** What follows in one session from a no, or from a person who may no longer use the bot. */
export class SessionConsent {
  readonly #context: SessionContext;
  readonly #pauseHabits: PauseHabits;
  /** People there whom the server does not let use the bot. */
  readonly #barred = new Set<string>();

  constructor(context: SessionContext, pauseHabits: PauseHabits) {
    this.#context = context;
    this.#pauseHabits = pauseHabits;
  }

  /** Drops what waits of people who may no longer use the bot, also of what they said before. */
  keepAdmitted(): void {
    const { features, gate, recentQuestions, history, people, queue, tools } = this.#context;
    for (const { id } of people()) {
      if (gate.isAdmitted(id)) this.#barred.delete(id);
      if (gate.isAdmitted(id) || this.#barred.has(id)) continue;
      this.#barred.add(id);
      features.retract(id, 'barred');
      for (const one of [queue, gate.withdrawals, tools]) one.withdraw(id);
      history.forget(id);
      recentQuestions.forget(id);
    }
  }

  /** This person said something about being heard; after a no nothing more comes of what they said so far. */
  said(personId: string): void {
    this.#context.gate.rejudge();
    if (this.#context.gate.saidNo(personId)) this.#retract(personId);
  }

  #retract(personId: string): void {
    const { features, gate, recentQuestions, languages, queue, history, pipeline, tools } =
      this.#context;
    queue.withdraw(personId);
    gate.withdrawals.withdraw(personId);
    tools.withdraw(personId);
    history.forget(personId);
    recentQuestions.forget(personId);
    features.retract(personId, 'withdrawn');
    pipeline.forget();
    this.#pauseHabits.forget(personId);
    languages.forget(personId);
  }
}
