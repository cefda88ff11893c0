import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import {
  type ConversationStep,
  stepConversation,
} from '#src/conversation/machine/step.ts';
import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import type { SimulationOptions } from './simulate.ts';
import type { SceneGroup } from './simulated-scenes.ts';

/** A fault that is planted into one run, and that the simulation has to find. */
export type RunFault = Pick<
  SimulationOptions,
  'step' | 'leaksReservations' | 'misheard'
> & {
  readonly name: string;
  /** Group of the scene with which seeds begin that can find it. Default: any. */
  readonly group?: SceneGroup;
};

function changeBeforeStep(
  change: (state: ConversationState, event: ConversationEvent) => ConversationState,
): StepFunction {
  return (state, event, rules) => stepConversation(change(state, event), event, rules);
}

function changeAfterStep(
  change: (taken: ConversationStep, event: ConversationEvent) => ConversationStep,
): StepFunction {
  return (state, event, rules) => change(stepConversation(state, event, rules), event);
}

function keepConsent(state: ConversationState) {
  const { presence } = state;
  return {
    ...state,
    presence: { ...presence, consent: { ...presence.consent, no: [] } },
  };
}

function forgetChanges({ turns, ...state }: ConversationState) {
  return { ...state, turns: turns.map((turn) => ({ ...turn, changes: [] })) };
}

function playDiscarded(effect: ConversationEffect): ConversationEffect {
  return effect.do === 'discard' ? { do: 'play', answer: effect.reply } : effect;
}

export const runFaults: readonly RunFault[] = [
  {
    name: 'a typed question of a person who said no is answered aloud',
    step: changeBeforeStep((state, { kind }) =>
      kind === 'typed' ? keepConsent(state) : state,
    ),
  },
  {
    name: 'a discarded answer is played',
    step: changeAfterStep(({ effects, state }) => ({
      state,
      effects: effects.map(playDiscarded),
    })),
  },
  {
    name: 'a change runs again after a lost link',
    group: 'link',
    step: changeBeforeStep((state, { kind }) =>
      kind === 'link-up' ? forgetChanges(state) : state,
    ),
  },
  {
    name: 'a failed question gets no sign',
    step: changeAfterStep(({ effects, state }) => {
      const isSign = (effect: ConversationEffect) =>
        effect.do === 'cue' && effect.cue === 'error';
      return { state, effects: effects.filter((effect) => !isSign(effect)) };
    }),
  },
  {
    name: 'a reservation of a discarded answer is not settled',
    leaksReservations: true,
  },
  { name: 'a recogniser gives cut-off JSON as words', misheard: '{"text": "half of' },
];
