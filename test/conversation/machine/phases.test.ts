import { toPersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import { getPhase } from '#src/conversation/machine/draft.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type { TurnPhase } from '#src/conversation/machine/state.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';
import {
  bridge,
  consentGiven,
  formatEffect,
  makeRoom,
  peoplePresent,
  recognisedWords,
  replyAudible,
  replyBarged,
  replyHalted,
  replyOver,
  usuallyHidden,
  voiceBegan,
  voiceEnded,
  voicePaused,
} from './conversation-case.ts';

const sounds = [...bridge, replyAudible(101, 1_100)];

/** Events after which Ana's question, number 100, is in each phase. Its answer is 101. */
const roads = {
  speaking: [voiceBegan(1, toPersonId('ana'), 0)],
  deciding: [
    voiceBegan(1, toPersonId('ana'), 0),
    voicePaused(1, 600),
    voiceEnded(1, 1_000),
  ],
  waiting: [{ kind: 'link-down', isHeard: false, atMs: 0 }, ...bridge],
  making: bridge,
  sounding: sounds,
  finishing: [...sounds, replyBarged(101, 'finish-clause', 1_150)],
  cut: [...sounds, replyBarged(101, 'stop', 1_150)],
} satisfies Partial<Record<TurnPhase, readonly ConversationEvent[]>>;

const phases = Object.keys(roads) as readonly (keyof typeof roads)[];
const atMs = 1_300;

/** `-`: it cannot happen in this phase, or has happened, and changes nothing. `=`: the question keeps its phase. */
type Row = readonly [
  name: string,
  event: ConversationEvent,
  ...cells: readonly string[],
];

const table: readonly Row[] = [
  // event, then: speaking, deciding, waiting, making, sounding, finishing, cut
  [
    'goes on',
    voiceBegan(2, toPersonId('ana'), atMs),
    '=',
    'speaking',
    'speaking',
    'speaking: discard 101',
    '=',
    '=',
    '=',
  ],
  [
    'is understood',
    recognisedWords(1, 1, 'Nova, the bridge?', atMs),
    '-',
    'making: begin 101 for ana: Nova, the bridge?, play 101',
    ...['-', '-', '-', '-', '-'],
  ],
  ['is heard first', replyAudible(101, atMs), '-', '-', '-', 'sounding', '-', '-', '-'],
  [
    'gets no more sound',
    { kind: 'starved', reply: 101, isStarved: true, atMs },
    ...['-', '-', '-', '-', '=', 'cut: cut 101', '-'],
  ],
  ['is paused', replyHalted(101, 'It', atMs), '-', '-', '-', '-', '=', '-', '-'],
  [
    'is over',
    replyOver(101, atMs, 'Old.'),
    '-',
    '-',
    '-',
    'over',
    'over',
    'over',
    'over',
  ],
  [
    'is to end with its clause',
    replyBarged(101, 'finish-clause', atMs),
    ...['-', '-', '-', 'cut: cut 101', 'finishing: finish-clause 101', '-', '-'],
  ],
  [
    'is talked down',
    replyBarged(101, 'stop', atMs),
    ...['-', '-', '-', 'cut: cut 101', 'cut: cut 101', 'cut: cut 101', '-'],
  ],
  [
    'is stopped by a command',
    { kind: 'stop', atMs },
    ...['-', 'over', 'over', 'over: discard 101', 'cut: cut 101', 'cut: cut 101', '-'],
  ],
  [
    'is forgotten after a no',
    consentGiven(toPersonId('ana'), 'no', atMs),
    'over: forget-person ana',
    'over: forget-person ana',
    'over: forget-person ana',
    'over: discard 101, forget-person ana',
    'over: cut 101, forget-person ana',
    'over: cut 101, forget-person ana',
    'over: forget-person ana',
  ],
  [
    'loses its asker',
    peoplePresent(atMs, 'ben'),
    ...[
      'over',
      'over',
      'over',
      'over: discard 101',
      'finishing: finish-clause 101',
      '=',
      '=',
    ],
  ],
  [
    'loses its link',
    { kind: 'link-down', isHeard: true, atMs },
    ...['over', '=', '-', 'waiting: discard 101', 'cut: cut 101', 'cut: cut 101', '='],
  ],
  [
    'is muted',
    { kind: 'restricted', how: 'muted', isOn: true, atMs },
    ...['=', '=', 'over', 'over: discard 101', 'cut: cut 101', 'cut: cut 101', '='],
  ],
  [
    'is followed by a question of another person',
    {
      kind: 'typed',
      request: 1,
      by: toPersonId('ben'),
      name: 'Ben',
      text: 'Quito?',
      atMs,
    },
    ...[
      '= begin 102 for ben: Quito?, play 102',
      '= begin 102 for ben: Quito?, play 102',
    ],
    ...['=', '=', '=', '=', '='],
  ],
];

test.each(table.map(([name, ...row]) => ({ name, row })))(
  'in each phase a question that $name',
  ({ row }) => {
    const [event, ...cells] = row;
    expect(phases.map((phase) => `${phase} -> ${cellOf(phase, event)}`)).toEqual(
      phases.map((phase, n) => `${phase} -> ${cells[n]}`),
    );
  },
);

test.each(phases)('a question can be seen to be in the phase %s', (phase) =>
  expect(getPhase({ id: 100 }, reachPhase(phase))).toBe(phase),
);

function reachPhase(phase: keyof typeof roads) {
  const road: readonly ConversationEvent[] = roads[phase];
  const start = makeRoom('ana', 'ben');
  return road.reduce(
    (state, event) => stepConversation(state, event, conversationRules).state,
    start,
  );
}

function cellOf(phase: keyof typeof roads, event: ConversationEvent) {
  const stateBefore = reachPhase(phase);
  const { effects, state } = stepConversation(stateBefore, event, conversationRules);
  const visible = effects.filter((effect) => !usuallyHidden.has(effect.do));
  const done = visible.map((effect) => formatEffect(effect, state)).join(', ');
  const now = getPhase({ id: 100 }, state);
  if (JSON.stringify(state) === JSON.stringify(stateBefore)) return '-';
  if (now === phase) return `= ${done}`.trim();
  return done === '' ? now : `${now}: ${done}`;
}
