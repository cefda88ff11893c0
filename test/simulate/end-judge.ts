import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import { listHeldUtterances } from '#src/conversation/machine/selectors.ts';
import {
  findTurn,
  isBotMuted,
  isLinkUp,
  isSessionOver,
  listNewlyHeard,
} from './conversation-view.ts';
import { createEndBook, type Ending } from './invariant-books.ts';
import type { InvariantNumber } from './invariant-list.ts';
import type { Hold, SimulatedStep } from './invariants.ts';

/** Invariants of what ends once. Sound may be forgotten again. */
const endsOnce: Readonly<Record<Exclude<Ending, 'recording'>, InvariantNumber>> = {
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
export function createEndJudge(hold: Hold) {
  const ends = createEndBook();

  /** Sound is kept from when words of it are needed, until the conversation holds it no more. */
  function noteRecordings({ after, before }: Pick<SimulatedStep, 'after' | 'before'>) {
    for (const { id } of listNewlyHeard(before, after)) ends.expect('recording', id);
    const heldIds = new Set(listHeldUtterances(after));
    for (const id of listHeldUtterances(before))
      if (id !== 0 && !heldIds.has(id)) ends.end('recording', id);
  }

  function noteEnd(effect: ConversationEffect) {
    if (effect.do === 'report') ends.end('request', effect.request);
    if (effect.do === 'discard') ends.end('reply', effect.reply);
    if (effect.do === 'speak') ends.reopen('reply', effect.announcement);
    if (effect.do !== 'fact') return;
    const { fact } = effect;
    if (fact.kind === 'turn-over') ends.end('turn', fact.turn.id);
    if (fact.kind === 'utterance-over') ends.end('utterance', fact.utterance.id);
  }

  /** An answer that fails unheard, or says and changes nothing, gets a sign. */
  function checkTold({ after, before, effects, event }: SimulatedStep) {
    if (event.kind !== 'over' || event.heard !== '') return;
    const turn = findTurn(before, event.reply);
    const isNothing = event.finish === 'empty' && turn?.changes.length === 0;
    const hasFailed = turn !== undefined && event.finish === 'failed';
    // Whoever hears nothing reads it, and so does everybody while the bot is muted, or where the voice failed.
    const isForDeaf = before.presence.people.some(
      ({ id, isDeaf }) => id === turn?.by && isDeaf,
    );
    const isRead = isForDeaf || isBotMuted(after) || event.stage === 'speak';
    const isTold = isRead || effects.some((one) => signs.has(one.do));
    const mayTell = isLinkUp(after) && !isSessionOver(after);
    hold(36, isTold || !mayTell || !(isNothing || hasFailed), turn?.by);
  }

  return {
    check({ after, before, effects, event }: SimulatedStep) {
      for (const { id } of after.turns.filter(({ parts }) => parts.length > 0))
        ends.expect('turn', id);
      for (const { id } of after.turns.flatMap(({ openSpeech }) => openSpeech))
        ends.expect('utterance', id);
      noteRecordings({ after, before });
      for (const effect of effects) noteEnd(effect);
      checkTold({ after, before, effects, event });
      if (event.kind === 'over') ends.end('reply', event.reply);
      for (const kind of Object.keys(endsOnce) as (keyof typeof endsOnce)[]) {
        const repeated = ends.repeated(kind);
        hold(endsOnce[kind], repeated === undefined, repeated);
      }
      const vanished = before.turns.find(
        ({ id, parts }) =>
          parts.length > 0 &&
          !ends.isOver('turn', id) &&
          !after.turns.some((one) => one.id === id),
      );
      hold(8, vanished === undefined, vanished?.id);
    },

    /** After a long rest. */
    checkRest() {
      for (const kind of ['turn', 'utterance'] as const) {
        const missing = ends.missing(kind);
        hold(endsOnce[kind], missing === undefined, missing);
      }
      hold(71, ends.missing('recording') === undefined, ends.missing('recording'));
    },
  };
}
