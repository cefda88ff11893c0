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
export function playCase(scene: ConversationCase): readonly (readonly string[])[] {
  const { also = [], room: start = makeRoom('ana', 'ben', 'cleo') } =
    'steps' in scene ? scene : {};
  let state = start;
  const isCompared = (effect: ConversationEffect) =>
    !usuallyHidden.has(effect.do) || also.includes(effect.do);
  return listSteps(scene).map(([given]) => {
    const events = 'kind' in given ? [given] : given;
    return events.flatMap((event) => {
      const { exchanges } = state.history;
      const stateBefore = state;
      const next = stepConversation(freezeDeep(state), event, conversationRules);
      state = next.state;
      expect(
        state.turns.filter((turn) => turn.parts.length + turn.openSpeech.length === 0),
      ).toEqual([]);
      const added = state.history.exchanges.filter(
        (exchange) => !exchanges.includes(exchange),
      );
      const known = added.map(({ by, heard }) => `known of ${by}: ${heard}`);
      const effects = next.effects
        .filter(isCompared)
        .map((effect) => formatEffect(effect, state));
      return [
        ...(also.includes('listen') ? formatListening(stateBefore, state) : []),
        ...(also.includes('fact') ? known : []),
        ...effects,
        ...(also.includes('forget') ? formatForgetting(stateBefore, state) : []),
      ];
    });
  });
}

export function listSteps(scene: ConversationCase) {
  return 'steps' in scene ? scene.steps : scene;
}

/** The same value, which throws where it is changed. */
export function freezeDeep<Value>(value: Value) {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value))
    return value;
  Object.freeze(value);
  for (const entry of Object.values(value)) freezeDeep(entry);
  return value;
}
