import {
  type ConversationRules,
  conversationRules,
} from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { InvariantNumber } from './invariant-list.ts';

/** The rules of every session, with small memories that a short talk fills. */
export const simulatedRules: ConversationRules = {
  ...conversationRules,
  maxParts: 3,
  maxExchanges: 6,
};

/** One step of a simulated conversation. */
export type SimulatedStep = {
  readonly event: ConversationEvent;
  readonly before: ConversationState;
  readonly after: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

/** Judges one sentence of the list. `about`: where it does not hold. */
export type Hold = (
  number: InvariantNumber,
  isTrue: boolean,
  about?: string | number,
) => void;
