import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';

/** Watches the answers of a conversation for people who waited while another one was answered. */
export class AnswersAhead {
  /** Silence, in ms, between each answer and the one before it. */
  readonly gapsMs: number[] = [];
  /** Answers that were begun before their turn, and those of them that were discarded. */
  begun = 0;
  vain = 0;
  readonly #ahead = new Set<number>();
  #overMs: number | undefined;

  /** Decides as the conversation does, and watches. */
  readonly decide: typeof stepConversation = (state, event, rules) => {
    const next = stepConversation(state, event, rules);
    for (const effect of next.effects) this.#noteEffect(effect);
    this.#noteEvent(event, next.effects);
    return next;
  };

  #noteEvent(
    { atMs, kind }: ConversationEvent,
    effects: readonly ConversationEffect[],
  ) {
    if (kind === 'audible' && this.#overMs !== undefined) {
      this.gapsMs.push(atMs - this.#overMs);
      this.#overMs = undefined;
    }
    const isFollowed = effects.some((one) => one.do === 'play');
    if (kind === 'over' && isFollowed) this.#overMs = atMs;
  }

  #noteEffect(effect: ConversationEffect) {
    if (effect.do === 'begin' && effect.supposed) {
      this.begun++;
      this.#ahead.add(effect.answer);
    }
    if (effect.do === 'discard' && this.#ahead.delete(effect.reply)) this.vain++;
  }
}
