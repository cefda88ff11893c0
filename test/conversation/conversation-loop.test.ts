import { toPersonId } from '#src/base/ids.ts';
import { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import type { OuterEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationEvent,
  InnerEvent,
} from '#src/conversation/machine/events.ts';
import {
  createConversationState,
  type SessionSettings,
} from '#src/conversation/machine/state.ts';
import type {
  ConversationStep,
  stepConversation,
} from '#src/conversation/machine/step.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const settings: SessionSettings = {
  mode: 'talk',
  addressing: 'auto',
  isSparing: false,
  trustsPartials: false,
  names: ['Nova'],
  leaveAfterMs: 60_000,
};
const cut: InnerEvent = { kind: 'barged', reply: 7, action: 'stop' };

/** Begins a loop whose step answers each kind of event with the listed effects, and notes what happens. */
function openLoop(
  effects: Readonly<
    Partial<Record<ConversationEvent['kind'], ConversationStep['effects']>>
  >,
  performInner: (loop: ConversationLoop) => readonly InnerEvent[],
  performOuter: (effect: OuterEffect, loop: ConversationLoop) => void = () => undefined,
) {
  const happened: string[] = [];
  const decideStep: typeof stepConversation = (state, { kind }) => {
    happened.push(kind);
    return { state, effects: effects[kind] ?? [] };
  };
  const state = createConversationState(settings);
  const loop = new ConversationLoop(
    { clock: new VirtualClock(), decide: decideStep },
    state,
  );
  loop.begin({
    getSettings: () => settings,
    listPeople: () => [],
    getConsents: () => ({ ...state.presence.consent, told: [] }),
    onBug: (error) => happened.push(String(error)),
    onChange: () => happened.push('at rest'),
    performInner(effect) {
      happened.push(effect.do);
      return performInner(loop);
    },
    performOuter(effect) {
      happened.push(effect.do);
      performOuter(effect, loop);
    },
  });
  happened.length = 0;
  return { happened, loop };
}

test('what ear and mouth know at once is handled before anything is asked of the outside', () => {
  const { happened, loop } = openLoop(
    {
      stop: [
        { do: 'end', why: 'alone' },
        { do: 'cut', reply: 7 },
      ],
    },
    () => [cut],
  );
  loop.post({ kind: 'stop' });
  expect(happened).toEqual(['stop', 'cut', 'barged', 'end', 'at rest']);
});

test('a post inside a post is a bug, and is not handled', () => {
  const { happened, loop } = openLoop({ stop: [{ do: 'cut', reply: 7 }] }, (inner) => {
    inner.post(cut);
    return [];
  });
  loop.post({ kind: 'stop' });
  expect(happened).toEqual([
    'stop',
    'cut',
    "Error: 'barged' was posted while another event was handled.",
    'at rest',
  ]);
});

test('what the outside posts is handled at once, and its effects wait for those before them', () => {
  const by = toPersonId('1');
  const { happened, loop } = openLoop(
    {
      stop: [
        { do: 'forget-person', by },
        { do: 'tell-unpaid', by },
      ],
      leave: [{ do: 'end', why: 'alone' }],
    },
    () => [],
    (effect, outer) => {
      if (effect.do === 'forget-person') outer.post({ kind: 'leave', why: 'alone' });
    },
  );
  loop.post({ kind: 'stop' });
  expect(happened).toEqual([
    'stop',
    'forget-person',
    'leave',
    'tell-unpaid',
    'end',
    'at rest',
  ]);
});
