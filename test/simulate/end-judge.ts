import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import { findTurn, isLinkUp } from './conversation-view.ts';
import { EndBook, type Ending } from './invariant-books.ts';
import type { InvariantNumber } from './invariant-list.ts';
import type { Hold, SimulatedStep } from './invariants.ts';

/** Invariants of what ends once. */
const endsOnce: Readonly<Record<Ending, InvariantNumber>> = {
  turn: 4,
  utterance: 5,
  request: 6,
  reply: 7,
};

/** Effects by which people learn that something failed. */
const signs: ReadonlySet<ConversationEffect['do']> = new Set([
  'cue',
  'notice',
  'report',
  'speak',
]);

/** Judges that everything ends once, and that people learn of what failed. */
export class EndJudge {
  readonly #hold;
  readonly #ends = new EndBook();

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  check({ after, before, effects, event }: SimulatedStep) {
    for (const { openSpeech, parts, id } of after.turns) {
      if (parts.length > 0) this.#ends.expect('turn', id);
      for (const one of openSpeech) this.#ends.expect('utterance', one.id);
    }
    for (const effect of effects) this.#noteEnd(effect);
    this.#checkTold({ after, before, effects, event });
    if (event.kind === 'over') this.#ends.end('reply', event.reply);
    for (const kind of Object.keys(endsOnce) as Ending[]) {
      const repeated = this.#ends.repeated(kind);
      this.#hold(endsOnce[kind], repeated === undefined, repeated);
    }
    const gone = before.turns.filter(
      ({ id }) => !after.turns.some((one) => one.id === id),
    );
    const vanished = gone.find(
      ({ id, parts }) => parts.length > 0 && !this.#ends.isOver('turn', id),
    );
    this.#hold(8, vanished === undefined, vanished?.id);
  }

  #noteEnd(effect: ConversationEffect) {
    if (effect.do === 'report') this.#ends.end('request', effect.request);
    if (effect.do === 'discard') this.#ends.end('reply', effect.reply);
    if (effect.do === 'speak') this.#ends.reopen('reply', effect.reading);
    if (effect.do !== 'fact') return;
    const { fact } = effect;
    if (fact.kind === 'turn-over') this.#ends.end('turn', fact.turn.id);
    if (fact.kind === 'utterance-over') this.#ends.end('utterance', fact.utterance);
  }

  /** An answer that fails unheard, or says and changes nothing, gets a sign. */
  #checkTold({ after, before, effects, event }: SimulatedStep) {
    if (event.kind !== 'over' || event.heard !== '') return;
    const turn = findTurn(before, event.reply);
    const isNothing = event.finish === 'empty' && turn?.changes.length === 0;
    const hasFailed = turn !== undefined && event.finish === 'failed';
    // Whoever hears nothing reads it.
    const isForDeaf = before.people.some(({ id, isDeaf }) => id === turn?.by && isDeaf);
    const isTold = isForDeaf || effects.some((one) => signs.has(one.do));
    const mayTell = isLinkUp(after) && !after.isOver;
    this.#hold(36, isTold || !mayTell || !(isNothing || hasFailed), turn?.by);
  }

  /** After a long rest. */
  checkRest() {
    for (const kind of ['turn', 'utterance'] as const) {
      const missing = this.#ends.missing(kind);
      this.#hold(endsOnce[kind], missing === undefined, missing);
    }
  }
}
