import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { type ConversationStep, step } from '#src/conversation/machine/step.ts';
import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import type { SimulationOptions } from './simulate.ts';

/** A fault that the simulation has to find. */
export type PlantedFault = Pick<SimulationOptions, 'step' | 'leaksReservations'> & {
  readonly name: string;
};

function beforeStep(
  change: (state: ConversationState, event: ConversationEvent) => ConversationState,
): StepFunction {
  return (state, event, rules) => step(change(state, event), event, rules);
}

function afterStep(
  change: (taken: ConversationStep, event: ConversationEvent) => ConversationStep,
): StepFunction {
  return (state, event, rules) => change(step(state, event, rules), event);
}

function withoutEffect(isDropped: (effect: ConversationEffect) => boolean): StepFunction {
  return afterStep(({ effects, state }) => {
    return { state, effects: effects.filter((one) => !isDropped(one)) };
  });
}

function keepConsent(state: ConversationState): ConversationState {
  return { ...state, consent: { ...state.consent, no: [] } };
}

function forgetChanges({ turns, ...state }: ConversationState): ConversationState {
  return { ...state, turns: turns.map((turn) => ({ ...turn, changes: [] })) };
}

function playDiscarded(effect: ConversationEffect): ConversationEffect {
  return effect.do === 'discard' ? { do: 'play', answer: effect.reply } : effect;
}

/** Answers with a lasting effect look as if nobody else had said anything. */
function trustAnswers({ turns, ...state }: ConversationState): ConversationState {
  const trusted = turns.map((turn) => {
    const { answer } = turn;
    return answer ? { ...turn, answer: { ...answer, hasForeignWords: false } } : turn;
  });
  return { ...state, turns: trusted };
}

/** Number of faults that the suite plants; `--canary` plants all. */
export const plantedInSuite = 5;

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'a typed question of a person who said no is answered aloud',
    step: beforeStep((state, { kind }) => (kind === 'typed' ? keepConsent(state) : state)),
  },
  {
    name: 'a discarded answer is played',
    step: afterStep(({ effects, state }) => ({ state, effects: effects.map(playDiscarded) })),
  },
  {
    name: 'a change runs again after a lost link',
    step: beforeStep((state, { kind }) => (kind === 'link-up' ? forgetChanges(state) : state)),
  },
  {
    name: 'a report of a stop is lost',
    step: withoutEffect((one) => one.do === 'report' && one.outcome === 'stopped'),
  },
  { name: 'a reservation of a discarded answer is not settled', leaksReservations: true },
  {
    name: 'a pause of hearing is not obeyed',
    step: (state, event, rules) =>
      event.kind === 'paused-hearing' ? { state, effects: [] } : step(state, event, rules),
  },
  {
    name: 'a no keeps the words in the history',
    step: (state, event, rules) => {
      const taken = step(state, event, rules);
      if (event.kind !== 'answered-consent') return taken;
      return { ...taken, state: { ...taken.state, history: state.history } };
    },
  },
  {
    name: 'a tool runs on after a stop',
    step: withoutEffect((one) => one.do === 'stop-run'),
  },
  {
    name: 'words of others in the prompt do not count',
    step: beforeStep((state, { kind }) => (kind === 'called' ? trustAnswers(state) : state)),
  },
  {
    name: 'a person who asked the same is lost when the first one says no',
    step: beforeStep((state, { kind }) => {
      if (kind !== 'answered-consent') return state;
      return { ...state, turns: state.turns.map((turn) => ({ ...turn, duplicates: [] })) };
    }),
  },
  {
    name: 'a question that waits is not dropped after 45 s',
    step: (state, event, rules) => {
      const queue = { ...rules.queue, longestWaitMs: 90_000 };
      return step(state, event, { ...rules, queue });
    },
  },
  {
    name: 'a cut reply is not silent',
    step: withoutEffect((one) => one.do === 'cut'),
  },
];
