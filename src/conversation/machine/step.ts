import { nextCueMs } from '#src/turn/waiting.ts';
import { openWindow } from './addressing.ts';
import { answeredConsent, consents, pausedHearing, people } from './consent.ts';
import type { ConversationEffect } from './effects.ts';
import type { ConversationEvent, EventKind, EventOf } from './events.ts';
import { advance, notify, passReadings, prepareNext, read } from './floor.ts';
import {
  draining,
  endSession,
  linkDown,
  linkLost,
  linkUp,
  passPlace,
  restricted,
  settings,
  stop,
} from './place.ts';
import { awaitedReply, type Draft, givenUpAtMs, isQuiet, keepNotes } from './questions.ts';
import { exchanged, outdated } from './replies.ts';
import {
  audible,
  barged,
  failure,
  over,
  passReplies,
  prompted,
  refused,
  starved,
  takenBack,
  takenOut,
  whole,
} from './replying.ts';
import type { ConversationRules } from './rules.ts';
import type { ConversationState } from './state.ts';
import { askFailed, called, passConfirmations, pressed, returned } from './tools.ts';
import {
  began,
  ended,
  likelyOver,
  overlaid,
  partial,
  paused,
  resumed,
  typed,
  unrecognised,
  words,
} from './turns.ts';
import { decideAll } from './verdicts.ts';

export type ConversationStep = {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

type Handlers = { readonly [Kind in EventKind]: (draft: Draft, event: EventOf<Kind>) => void };

/** Table of contents: each event and the function that handles it. */
const handlers: Handlers = {
  began,
  paused,
  resumed,
  'likely-over': likelyOver,
  overlaid,
  ended,
  barged,
  partial,
  words,
  unrecognised,
  prompted,
  audible,
  whole,
  starved,
  over,
  refused,
  called,
  returned,
  pressed,
  'ask-failed': askFailed,
  typed,
  exchanged,
  outdated,
  read,
  notify,
  'taken-back': takenBack,
  'taken-out': takenOut,
  failure,
  stop,
  'opened-window': openWindow,
  people,
  'answered-consent': answeredConsent,
  consents,
  'paused-hearing': pausedHearing,
  'link-up': linkUp,
  'link-down': linkDown,
  'link-lost': linkLost,
  restricted,
  settings,
  draining,
  leave: endSession,
  tick: () => undefined,
};

/** One step of the conversation in one voice channel. Pure; never throws. */
export function step(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
): ConversationStep {
  const draft = draftOf(state, event, rules);
  for (let next = draft.raised.shift(); next; next = draft.raised.shift()) {
    const handler = handlers[next.kind] as (draft: Draft, event: ConversationEvent) => void;
    handler(draft, next);
    decideAll(draft);
  }
  passReplies(draft);
  passConfirmations(draft);
  keepNotes(draft, ({ untilMs }) => untilMs > draft.atMs);
  passPlace(draft);
  advance(draft);
  // After the floor is given: what may wait no time at all is said if it is quiet now, however long this step was on its way.
  passReadings(draft);
  prepareNext(draft);
  const { atMs: _atMs, effects, raised: _raised, rules: _rules, ...after } = draft;
  return { state: after, effects };
}

/** Copies each object that a step changes in place, by hand: `structuredClone` would make it three times as slow. */
function draftOf(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
): Draft {
  const { confirmations, consent, floor, notes, readings, turns } = state;
  return {
    ...state,
    consent: { ...consent },
    notes: { ...notes },
    floor: { ...floor, current: floor.current && { ...floor.current } },
    confirmations: copies(confirmations),
    readings: copies(readings),
    turns: turns.map((turn) => ({
      ...turn,
      open: copies(turn.open),
      answer: turn.answer && { ...turn.answer },
      changes: copies(turn.changes),
    })),
    effects: [],
    raised: [event],
    rules,
    atMs: event.atMs,
  };
}

function copies<Item>(items: readonly Item[]): readonly Item[] {
  return items.map((one) => ({ ...one }));
}

/** Instant, in ms, of the next `tick`: the one timer of the performer. Infinite where nothing passes by itself. */
export function wakeAtMs(state: ConversationState, rules: ConversationRules): number {
  const never = Number.POSITIVE_INFINITY;
  if (state.isOver) return never;
  const { aloneFromMs, confirmations, link, notes, readings, settings: set } = state;
  const due = [
    aloneFromMs === undefined ? never : aloneFromMs + set.leaveAfterMs,
    link.kind === 'waiting' ? link.tryAtMs : never,
    ...readings.map(({ untilMs }) => untilMs),
    ...confirmations.map((one) => (one.spoken === 'accepted' ? one.toMs : one.untilMs)),
    ...[...notes.dropped, ...notes.understood].map(({ untilMs }) => untilMs),
    ...waitingDueMs(state, rules),
    ...currentDueMs(state, rules),
  ];
  return Math.min(...due);
}

/** Instants at which waiting turns are too old. */
function waitingDueMs(
  { floor, turns }: ConversationState,
  { queue }: ConversationRules,
): readonly number[] {
  const waiting = turns.filter(({ id }) => floor.queue.includes(id));
  return waiting.map(({ endedMs }) => endedMs + queue.longestWaitMs);
}

/** Instants of the next cue for an awaited answer, and of its failure. */
function currentDueMs(state: ConversationState, rules: ConversationRules): readonly number[] {
  const awaited = awaitedReply(state);
  if (!awaited) return [];
  const cueMs = Math.max(
    nextCueMs(awaited.waiting, rules.waiting),
    awaited.fromMs + rules.cueGraceMs,
  );
  return [...(isQuiet(state) ? [cueMs] : []), givenUpAtMs(state, rules)];
}
