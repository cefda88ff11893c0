import { nextCueMs, stepWaiting, waitSince } from '#src/turn/waiting.ts';
import type { EventOf } from './events.ts';
import { clearFailures, concludeTurn, confirmNext, noteFailure, reportFailure } from './floor.ts';
import {
  awaitedReply,
  change,
  changeFloor,
  type Draft,
  emit,
  givenUpAtMs,
  isQuiet,
  putTurn,
  readingOf,
  soundOf,
  turnOf,
  turnOfAnswer,
} from './questions.ts';
import { cut, drop, endReading, finishClause, loseTurn } from './replies.ts';
import type { PersonId } from './state.ts';
import { stopRunsOfTurn } from './tools.ts';

export function prompted(draft: Draft, { answer: id, hasOthers }: EventOf<'prompted'>): void {
  const turn = turnOfAnswer(draft.state, id);
  if (!turn?.answer || !hasOthers) return;
  putTurn(draft, { ...turn, answer: { ...turn.answer, hasForeignWords: true } });
}

/** The budget refuses an answer. */
export function refused(draft: Draft, { answer }: EventOf<'refused'>): void {
  const turn = turnOfAnswer(draft.state, answer);
  if (!turn) return;
  const unanswered = { ...turn, answer: undefined };
  putTurn(draft, unanswered);
  emit(draft, { do: 'cue', cue: 'error' });
  drop(draft, unanswered.id, 'refused');
}

/** The first frame of a reply leaves. Speech that goes on overlaps it. */
export function audible(draft: Draft, { reply }: EventOf<'audible'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  if (current.phase.kind === 'making')
    changeFloor(draft, { current: { ...current, phase: { kind: 'sounding', isStarved: false } } });
  const turns = draft.state.turns.map((turn) => ({
    ...turn,
    open: turn.open.map((one) => (one.isEnded ? one : { ...one, isOverlapping: true })),
  }));
  change(draft, { turns });
}

export function whole(draft: Draft, { reply, text: wholeText }: EventOf<'whole'>): void {
  const { current } = draft.state.floor;
  if (current?.reply === reply) changeFloor(draft, { current: { ...current, wholeText } });
}

/** Sound of a reply is late, or goes on. A clause that ends the reply is over where no more of it comes. */
export function starved(draft: Draft, { isStarved, reply }: EventOf<'starved'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  const { phase, waiting: before } = current;
  if (phase.kind === 'finishing' && isStarved) cut(draft, current, phase.why);
  if (phase.kind !== 'sounding') return;
  const since = waitSince(draft.atMs, draft.rules.waiting);
  const waiting = { ...since, heardMoment: before.heardMoment };
  changeFloor(draft, { current: { ...current, phase: { ...phase, isStarved }, waiting } });
}

/** The current reply is over. `heard` is the part that left for the channel. */
export function over(draft: Draft, event: EventOf<'over'>): void {
  const { finish, heard, reply, stage = 'speak', words } = event;
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  changeFloor(draft, { freeFromMs: draft.atMs });
  const { phase } = current;
  const end = finish !== 'completed' && 'why' in phase ? phase.why : finish;
  const reading = readingOf(draft.state, current.id);
  const turn = turnOf(draft.state, current.id);
  if (reading) {
    if (end === 'completed') clearFailures(draft, 'key');
    endReading(draft, reading, end);
  } else if (turn) {
    const parts = words === undefined ? turn.parts : [{ utterance: 0, words }];
    const { version } = draft.state.history;
    concludeTurn(draft, { ...turn, parts }, end, heard);
    confirmNext(draft, version);
  }
  if (end === 'failed') reportFailure(draft, stage);
}

/** A person or a program takes a request back. */
export function takenBack(draft: Draft, { request }: EventOf<'taken-back'>): void {
  const { readings, turns } = draft.state;
  const taken = [...turns, ...readings].find((one) => one.request === request);
  if (taken) drop(draft, taken.id, 'withdrawn');
}

/** Somebody takes a turn or a reading out. */
export function takenOut(draft: Draft, { id, why }: EventOf<'taken-out'>): void {
  drop(draft, id, why);
}

/** People know of a failure, or it is over. */
export function failure(draft: Draft, { failure: one, isOver }: EventOf<'failure'>): void {
  if (isOver) clearFailures(draft, one);
  else noteFailure(draft, one);
}

/** Barge-in has decided about the reply that it names. */
export function barged(draft: Draft, { action, reply }: EventOf<'barged'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  if (action === 'finish-clause') {
    finishClause(draft, current, 'interrupted');
    return;
  }
  stopRunsOfTurn(draft, current.id);
  cut(draft, current, action === 'stop' ? 'stopped' : 'interrupted');
}

/** "Stop" before the first sound drops the reply that is being made. */
export function dropUnheard(draft: Draft): void {
  const { current } = draft.state.floor;
  if (current?.phase.kind === 'making') drop(draft, current.id, 'stopped');
}

/** No turn waits for a person who left. An answer that they hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId): void {
  for (const { id } of draft.state.turns) {
    const turn = turnOf(draft.state, id);
    if (turn?.by !== by || turn.request !== undefined) continue;
    const sounding = soundOf(draft.state, id);
    if (sounding) finishClause(draft, sounding, 'late');
    else loseTurn(draft, id, 'late');
  }
}

// Time.

/** Cues, answers that do not come, and questions that waited too long. */
export function passReplies(draft: Draft): void {
  cueWait(draft);
  giveUpSilent(draft);
  const { atMs, rules } = draft;
  for (const { endedMs, id } of draft.state.turns) {
    const isLate = atMs - endedMs >= rules.queue.longestWaitMs;
    if (isLate && draft.state.floor.queue.includes(id)) loseTurn(draft, id, 'late');
  }
}

/** Plays a cue while nothing of the answer is heard, or no more of it comes; never into the talk of people. */
function cueWait(draft: Draft): void {
  const { atMs, rules, state } = draft;
  const awaited = awaitedReply(state);
  if (!awaited || !isQuiet(state)) return;
  if (atMs - awaited.fromMs < rules.cueGraceMs) return;
  if (atMs < nextCueMs(awaited.waiting, rules.waiting)) return;
  const { cue, waiting } = stepWaiting(awaited.waiting, atMs, rules.waiting);
  changeFloor(draft, { current: { ...awaited, waiting } });
  emit(draft, { do: 'cue', cue });
}

/** Ends the wait for an answer, which fails. */
function giveUpSilent(draft: Draft): void {
  const { atMs, rules, state } = draft;
  const awaited = awaitedReply(state);
  if (!awaited || atMs < givenUpAtMs(state, rules)) return;
  changeFloor(draft, { current: { ...awaited, phase: { kind: 'cut', why: 'failed' } } });
  emit(draft, { do: 'give-up', answer: awaited.reply, afterMs: rules.longestSilenceMs });
}
