import { listHeldUtterances } from '#src/conversation/machine/draft.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import {
  findTurn,
  isBotMuted,
  isLinkUp,
  isSessionOver,
  listNewlyHeard,
} from './conversation-view.ts';
import { createEndBook, type Ending } from './invariant-books.ts';
import type { InvariantNumber } from './invariant-list.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';

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
    for (const { id } of listNewlyHeard(before, after)) ends.expectEnd('recording', id);
    const heldIds = new Set(listHeldUtterances(after));
    for (const id of listHeldUtterances(before))
      if (id !== 0 && !heldIds.has(id)) ends.noteEnd('recording', id);
  }

  function noteEnd(effect: ConversationEffect) {
    if (effect.do === 'report') ends.noteEnd('request', effect.request);
    if (effect.do === 'discard') ends.noteEnd('reply', effect.reply);
    if (effect.do === 'speak') ends.reopenEnd('reply', effect.announcement);
    if (effect.do !== 'fact') return;
    const { fact } = effect;
    if (fact.kind === 'turn-over') ends.noteEnd('turn', fact.turn.id);
    if (fact.kind === 'utterance-over') ends.noteEnd('utterance', fact.utterance.id);
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
    const isTold = isRead || effects.some((effect) => signs.has(effect.do));
    const mayTell = isLinkUp(after) && !isSessionOver(after);
    hold(36, isTold || !mayTell || !(isNothing || hasFailed), turn?.by);
  }

  return {
    checkStep({ after, before, effects, event }: SimulatedStep) {
      for (const { id } of after.turns.filter(({ parts }) => parts.length > 0))
        ends.expectEnd('turn', id);
      for (const { id } of after.turns.flatMap(({ openSpeech }) => openSpeech))
        ends.expectEnd('utterance', id);
      noteRecordings({ after, before });
      for (const effect of effects) noteEnd(effect);
      checkTold({ after, before, effects, event });
      if (event.kind === 'over') ends.noteEnd('reply', event.reply);
      for (const kind of Object.keys(endsOnce) as (keyof typeof endsOnce)[]) {
        const repeated = ends.findRepeated(kind);
        hold(endsOnce[kind], repeated === undefined, repeated);
      }
      const vanished = before.turns.find(
        ({ id, parts }) =>
          parts.length > 0 &&
          !ends.isOver('turn', id) &&
          !after.turns.some((turn) => turn.id === id),
      );
      hold(8, vanished === undefined, vanished?.id);
    },

    /** After a long rest. */
    checkRest() {
      for (const kind of ['turn', 'utterance'] as const) {
        const missing = ends.findMissing(kind);
        hold(endsOnce[kind], missing === undefined, missing);
      }
      hold(
        71,
        ends.findMissing('recording') === undefined,
        ends.findMissing('recording'),
      );
    },
  };
}
