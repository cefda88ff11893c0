import type { Id } from '#src/conversation/machine/state.ts';
import { findOverTurn } from './conversation-view.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';

/** Judges that the history holds what was heard. */
export class HistoryJudge {
  readonly #hold;
  readonly #refusals;
  /** Answers that ran while a person had words forgotten. */
  readonly #tainted = new Set<Id>();

  constructor(hold: Hold, refusals: ReadonlySet<string>) {
    this.#hold = hold;
    this.#refusals = refusals;
  }

  /** The conversation learns something. */
  check({ after, before, effects, event }: SimulatedStep): void {
    // Words of the person may be in answers that run, of which nothing is kept then.
    if (event.kind === 'answered-consent' && event.answer === 'forget')
      for (const { answer } of before.turns) if (answer) this.#tainted.add(answer.id);
    const { exchanges } = after.history;
    const added = exchanges.filter(
      (exchange) => !before.history.exchanges.includes(exchange),
    );
    const transcript = event.kind === 'over' ? event.heard : '';
    this.#hold(
      19,
      added.every((exchange) => exchange.heard === '' || exchange.heard === transcript),
      transcript,
    );
    const answered = before.turns.find(
      ({ answer }) => event.kind === 'over' && answer?.id === event.reply,
    );
    const isOver = effects.flatMap(findOverTurn).some((id) => id === answered?.id);
    const hasWords = answered?.parts.some((part) => part.words !== '') === true;
    const isTainted = answered?.answer && this.#tainted.has(answered.answer.id);
    const isRefused = this.#refusals.has(answered?.by ?? '');
    const isKept = hasWords && isOver && !isRefused && !isTainted;
    this.#hold(
      19,
      !isKept || added.some((exchange) => exchange.heard === transcript),
      'is not remembered',
    );
  }
}
