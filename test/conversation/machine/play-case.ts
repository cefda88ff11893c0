import { expect } from 'vitest';
import {
  type ConversationRules,
  conversationRules,
} from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import {
  type ConversationStep,
  stepConversation,
} from '#src/conversation/machine/step.ts';
import {
  type ConversationCase,
  formatEffect,
  formatForgetting,
  formatListening,
  makeRoom,
  usuallyHidden,
} from './conversation-case.ts';

export type StepFunction = (
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
) => ConversationStep;

/** Effects of each step of a case, as text. A step that changes the state it was given, or leaves an empty turn, throws. */
export function playCase(one: ConversationCase): readonly (readonly string[])[] {
  const { also = [], room: start = makeRoom('ana', 'ben', 'cleo') } =
    'steps' in one ? one : {};
  let state = start;
  const isCompared = (one: ConversationEffect) =>
    !usuallyHidden.has(one.do) || also.includes(one.do);
  return listSteps(one).map(([given]) => {
    const events = 'kind' in given ? [given] : given;
    return events.flatMap((event) => {
      const { exchanges } = state.history;
      const before = state;
      const next = stepConversation(freezeDeep(state), event, conversationRules);
      state = next.state;
      expect(
        state.turns.filter((turn) => turn.parts.length + turn.openSpeech.length === 0),
      ).toEqual([]);
      const added = state.history.exchanges.filter((one) => !exchanges.includes(one));
      const known = added.map(({ by, heard }) => `known of ${by}: ${heard}`);
      const effects = next.effects
        .filter(isCompared)
        .map((one) => formatEffect(one, state));
      return [
        ...(also.includes('listen') ? formatListening(before, state) : []),
        ...(also.includes('fact') ? known : []),
        ...effects,
        ...(also.includes('forget') ? formatForgetting(before, state) : []),
      ];
    });
  });
}

export function listSteps(one: ConversationCase) {
  return 'steps' in one ? one.steps : one;
}

/** The same value, which throws where it is changed. */
export function freezeDeep<Value>(value: Value) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value))
    return value;
  Object.freeze(value);
  for (const one of Object.values(value)) freezeDeep(one);
  return value;
}
