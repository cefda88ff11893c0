import { expect, test } from 'vitest';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import { phaseOf } from '#src/conversation/machine/questions.ts';
import { conversationRules } from '#src/conversation/machine/rules.ts';
import type { TurnPhase } from '#src/conversation/machine/state.ts';
import { step } from '#src/conversation/machine/step.ts';
import {
  audible,
  barged,
  began,
  bridge,
  consents,
  ended,
  over,
  paused,
  present,
  room,
  shown,
  usuallyHidden,
  words,
} from './conversation-case.ts';

const sounds = [...bridge, audible(101, 1_100)];

/** Events after which Ana's question, number 100, is in each phase. Its answer is 101. */
const roads = {
  speaking: [began(1, 'ana', 0)],
  deciding: [began(1, 'ana', 0), paused(1, 600), ended(1, 1_000)],
  waiting: [{ kind: 'link-down', isHeard: false, atMs: 0 }, ...bridge],
  making: bridge,
  sounding: sounds,
  finishing: [...sounds, barged(101, 'finish-clause', 1_150)],
  cut: [...sounds, barged(101, 'stop', 1_150)],
} satisfies Partial<Record<TurnPhase, readonly ConversationEvent[]>>;

const phases = Object.keys(roads) as readonly (keyof typeof roads)[];
const atMs = 1_300;

/** `-`: it cannot happen in this phase, or has happened, and changes nothing. `=`: the question keeps its phase. */
type Row = readonly [name: string, event: ConversationEvent, ...cells: readonly string[]];

const table: readonly Row[] = [
  // event, then: speaking, deciding, waiting, making, sounding, finishing, cut
  [
    'goes on',
    began(2, 'ana', atMs),
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
    words(1, 1, 'Nova, the bridge?', atMs),
    '-',
    'making: begin 101 for ana: Nova, the bridge?, play 101',
    ...['-', '-', '-', '-', '-'],
  ],
  ['is heard first', audible(101, atMs), '-', '-', '-', 'sounding', '-', '-', '-'],
  [
    'gets no more sound',
    { kind: 'starved', reply: 101, isStarved: true, atMs },
    ...['-', '-', '-', '-', '=', 'cut: cut 101', '-'],
  ],
  ['is over', over(101, atMs, 'Old.'), '-', '-', '-', 'over', 'over', 'over', 'over'],
  [
    'is to end with its clause',
    barged(101, 'finish-clause', atMs),
    ...['-', '-', '-', 'cut: cut 101', 'finishing: finish-clause 101', '-', '-'],
  ],
  [
    'is talked down',
    barged(101, 'stop', atMs),
    ...['-', '-', '-', 'cut: cut 101', 'cut: cut 101', 'cut: cut 101', '-'],
  ],
  [
    'is stopped by a command',
    { kind: 'stop', atMs },
    ...['-', 'over', 'over', 'over: discard 101', 'cut: cut 101', 'cut: cut 101', '-'],
  ],
  [
    'is forgotten after a no',
    consents('ana', 'no', atMs),
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
    present(atMs, 'ben'),
    ...['over', 'over', 'over', 'over: discard 101', 'finishing: finish-clause 101', '=', '='],
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
    { kind: 'typed', request: 1, by: 'ben', name: 'Ben', text: 'Quito?', atMs },
    ...['= begin 102 for ben: Quito?, play 102', '= begin 102 for ben: Quito?, play 102'],
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

test.each(phases)('a question can be seen to be in the phase %s', (phase) => {
  expect(phaseOf({ id: 100 }, reached(phase))).toBe(phase);
});

function reached(phase: keyof typeof roads) {
  const road: readonly ConversationEvent[] = roads[phase];
  const start = room('ana', 'ben');
  return road.reduce((state, event) => step(state, event, conversationRules).state, start);
}

function cellOf(phase: keyof typeof roads, event: ConversationEvent) {
  const before = reached(phase);
  const { effects, state } = step(before, event, conversationRules);
  const visible = effects.filter((one) => !usuallyHidden.has(one.do));
  const done = visible.map((one) => shown(one, state)).join(', ');
  const now = phaseOf({ id: 100 }, state);
  if (JSON.stringify(state) === JSON.stringify(before)) return '-';
  if (now === phase) return `= ${done}`.trim();
  return done === '' ? now : `${now}: ${done}`;
}
