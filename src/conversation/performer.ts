import type { Clock } from '#src/base/clock.ts';
import type { ConversationEffect } from './machine/effects.ts';
import type { ConversationEvent, UntimedEvent } from './machine/events.ts';
import { conversationRules } from './machine/rules.ts';
import type { ConversationState } from './machine/state.ts';
import { step, wakeAtMs } from './machine/step.ts';

export type PerformerOptions = {
  readonly clock: Clock;
  readonly state: ConversationState;
  /** Performs an effect. It never waits, and answers by events. */
  readonly perform: (effect: ConversationEffect) => void;
  /** Told of a bug: the event is dropped, and the session is to begin anew. */
  readonly broken: (error: unknown) => void;
  /** Called after each event, once its effects are performed. */
  readonly changed: () => void;
};

/** Owner of the state of one session. It handles one event after the other, and keeps the one timer. */
export class Performer {
  readonly #options: PerformerOptions;
  readonly #inbox: ConversationEvent[] = [];
  #state: ConversationState;
  #isStepping = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => undefined;

  constructor(options: PerformerOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** Handles an event; during another one it waits until all effects of that are performed. */
  post(event: UntimedEvent): void {
    this.#inbox.push({ ...event, atMs: this.#options.clock.nowMs() } as ConversationEvent);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) this.#handle(next);
    } finally {
      this.#isStepping = false;
    }
    this.#setTimer();
    this.#options.changed();
  }

  /** Stops the timer, for good. */
  close(): void {
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = Number.NEGATIVE_INFINITY;
  }

  #handle(event: ConversationEvent): void {
    try {
      const { effects, state } = step(this.#state, event, conversationRules);
      this.#state = state;
      for (const effect of effects) this.#options.perform(effect);
    } catch (error) {
      this.#options.broken(error);
    }
  }

  #setTimer(): void {
    const wakeMs = wakeAtMs(this.#state, conversationRules);
    if (wakeMs === this.#wakeMs || this.#wakeMs === Number.NEGATIVE_INFINITY) return;
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = wakeMs;
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    this.#stopTimer = clock.later(Math.max(0, wakeMs - clock.nowMs()), () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.post({ kind: 'tick' });
    });
  }
}
