import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';

export type AnswersAhead = ReturnType<typeof createAnswersAhead>;

/** Watches the answers of a conversation for people who waited while another one was answered. */
export function createAnswersAhead() {
  /** Silence, in ms, between each answer and the one before it. */
  const gapsMs: number[] = [];
  /** Answers that were begun before their turn, and those of them that were discarded. */
  let begun = 0;
  let vain = 0;
  const ahead = new Set<number>();
  let overMs: number | undefined;
  /** Decides as the conversation does, and watches. */
  const decideWatched: typeof stepConversation = (state, event, rules) => {
    const next = stepConversation(state, event, rules);
    for (const effect of next.effects) noteEffect(effect);
    noteEvent(event, next.effects);
    return next;
  };

  function noteEvent(
    { atMs, kind }: ConversationEvent,
    effects: readonly ConversationEffect[],
  ) {
    if (kind === 'audible' && overMs !== undefined) {
      gapsMs.push(atMs - overMs);
      overMs = undefined;
    }
    const isFollowed = effects.some((effect) => effect.do === 'play');
    if (kind === 'over' && isFollowed) overMs = atMs;
  }

  function noteEffect(effect: ConversationEffect) {
    if (effect.do === 'begin' && effect.supposed) {
      begun++;
      ahead.add(effect.answer);
    }
    if (effect.do === 'discard' && ahead.delete(effect.reply)) vain++;
  }

  return {
    gapsMs,

    get begun() {
      return begun;
    },

    get vain() {
      return vain;
    },
    decide: decideWatched,
  };
}
