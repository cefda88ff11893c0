import { nextCueMs } from '#src/turn/waiting.ts';
import { openWindow } from './addressing.ts';
import { answeredConsent, consents, pausedHearing, people } from './consent.ts';
import type { ConversationEffect } from './effects.ts';
import type { ConversationEvent, EventKind, EventOf } from './events.ts';
import { advance, notify, passReadings, prepareNext, read } from './floor.ts';
import {
  draining,
  leave,
  linkDown,
  linkLost,
  linkUp,
  muted,
  passPlace,
  settings,
  stop,
} from './place.ts';
import { awaitedReply, changeNotes, type Draft, givenUpAtMs, isQuiet } from './questions.ts';
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
  muted,
  settings,
  draining,
  leave,
  tick: () => undefined,
};

/** One step of the conversation in one voice channel. Pure; never throws. */
export function step(
  state: ConversationState,
  event: ConversationEvent,
  rules: ConversationRules,
): ConversationStep {
  const draft: Draft = { state, effects: [], raised: [event], rules, atMs: event.atMs };
  for (let next = draft.raised.shift(); next; next = draft.raised.shift()) {
    handle(draft, next);
    decideAll(draft);
  }
  passReplies(draft);
  passReadings(draft);
  passConfirmations(draft);
  passNotes(draft);
  passPlace(draft);
  advance(draft);
  prepareNext(draft);
  return { state: draft.state, effects: draft.effects };
}

function handle(draft: Draft, event: ConversationEvent): void {
  const handler = handlers[event.kind] as (draft: Draft, event: ConversationEvent) => void;
  handler(draft, event);
}

/** Lines of the panel pass by themselves. */
function passNotes(draft: Draft): void {
  const { atMs, rules } = draft;
  const { dropped, understood } = draft.state.notes;
  const isFresh = (limitMs: number) => (one: { readonly atMs: number }) =>
    atMs - one.atMs < limitMs;
  const fresh = {
    dropped: dropped.filter(isFresh(rules.droppedMs)),
    understood: understood.filter(isFresh(rules.understoodMs)),
  };
  const before = dropped.length + understood.length;
  const after = fresh.dropped.length + fresh.understood.length;
  if (after < before) changeNotes(draft, fresh);
}

/** Instant, in ms, of the next `tick`: the one timer of the performer. Infinite where nothing passes by itself. */
export function wakeAtMs(state: ConversationState, rules: ConversationRules): number {
  if (state.isOver) return Number.POSITIVE_INFINITY;
  const { aloneFromMs, confirmations, link, notes, readings, settings: set } = state;
  const due = [
    ...(aloneFromMs === undefined ? [] : [aloneFromMs + set.leaveAfterMs]),
    ...(link.kind === 'waiting' ? [link.tryAtMs] : []),
    ...readings.map(({ untilMs }) => untilMs),
    ...confirmations.map((one) => (one.spoken === 'accepted' ? one.toMs : one.untilMs)),
    ...notes.dropped.map(({ atMs }) => atMs + rules.droppedMs),
    ...notes.understood.map(({ atMs }) => atMs + rules.understoodMs),
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
