import { stepWaiting, waitSince } from '#src/turn/waiting.ts';
import { change, changeFloor, type Draft, emit, putTurn, report } from './draft.ts';
import type { EventOf } from './events.ts';
import { clearFailures, completeTurn, concludeTurn, reportFailure } from './floor.ts';
import { currentTurn, isOnFloor, readingOf, soundOf, turnOf, turnOfAnswer } from './questions.ts';
import { sayNext } from './readings.ts';
import {
  cut,
  discardAnswer,
  dropReading,
  dropTurn,
  endReading,
  finishClause,
  giveUpTurn,
  loseTurn,
  noteDropped,
  removeDuplicate,
} from './replies.ts';
import type { CurrentReply, Id, PersonId, TurnState } from './state.ts';
import { stopRunsOfTurn } from './tools.ts';

export function prompted(draft: Draft, { answer: id, hasOthers }: EventOf<'prompted'>): void {
  const turn = turnOfAnswer(draft.state, id);
  if (!turn?.answer || !hasOthers) return;
  putTurn(draft, { ...turn, answer: { ...turn.answer, hasForeignWords: true } });
}

export function ready(draft: Draft, { answer: id }: EventOf<'ready'>): void {
  const turn = turnOfAnswer(draft.state, id);
  if (!turn?.answer) return;
  putTurn(draft, { ...turn, answer: { ...turn.answer, isReady: true } });
}

/** An answer fails before its first sound. The event `over` brings later failures. */
export function failed(draft: Draft, { answer: id, stage }: EventOf<'failed'>): void {
  const turn = turnOfAnswer(draft.state, id);
  if (!turn?.answer) return;
  if (!turn.answer.isWanted || draft.state.floor.postponed.includes(turn.id)) {
    putTurn(draft, { ...turn, answer: { ...turn.answer, isReady: true, failure: stage } });
    return;
  }
  concludeTurn(draft, turn, 'failed', '');
  reportFailure(draft, stage);
}

/** The budget refuses an answer or a reading. People who asked the same are asked for on their own share. */
export function refused(draft: Draft, { isNews, line, reply }: EventOf<'refused'>): void {
  const reading = readingOf(draft.state, reply);
  if (reading) {
    endReading(draft, reading, 'refused');
    return;
  }
  const turn = turnOfAnswer(draft.state, reply);
  if (!turn) return;
  if (isNews) emit(draft, { do: 'notice', line, by: turn.by });
  else if (turn.request === undefined) noteDropped(draft, turn.by, 'budget');
  const unanswered = { ...turn, answer: undefined };
  putTurn(draft, unanswered);
  giveUpTurn(draft, unanswered, 'refused');
}

/** The first frame of a reply leaves. Speech that goes on overlaps it. */
export function audible(draft: Draft, { reply }: EventOf<'audible'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  changeFloor(draft, { current: { ...current, isAudible: true, isStarved: false } });
  const turns = draft.state.turns.map((turn) => ({
    ...turn,
    open: turn.open.map((one) => (one.isEnded ? one : { ...one, isOverlapping: true })),
  }));
  change(draft, { turns });
}

export function starved(draft: Draft, { isStarved, reply }: EventOf<'starved'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  const { reported } = current.waiting;
  const waiting = { ...waitSince(draft.atMs, draft.rules.waiting), reported };
  changeFloor(draft, { current: { ...current, isStarved, waiting } });
}

/** The current reply is over. `heard` is the part that left for the channel. */
export function over(draft: Draft, { finish, heard, reply }: EventOf<'over'>): void {
  const { current } = draft.state.floor;
  if (current?.reply !== reply) return;
  if (heard !== '') report(draft, { kind: 'heard', reply, text: heard });
  const end = finish === 'completed' ? finish : (current.ending ?? finish);
  const reading = readingOf(draft.state, current.id);
  const turn = turnOf(draft.state, current.id);
  if (reading) {
    if (end === 'completed') clearFailures(draft, 'speak', 'key');
    endReading(draft, reading, end);
  } else if (turn) {
    if (end === 'completed') completeTurn(draft, turn);
    concludeTurn(draft, turn, end, heard);
  }
  if (end === 'failed') reportFailure(draft, 'speak');
}

/** A person or a program takes a request back. */
export function takenBack(draft: Draft, { request }: EventOf<'taken-back'>): void {
  const turn = draft.state.turns.find((one) => one.request === request);
  const reading = draft.state.readings.find((one) => one.request === request);
  if (turn) giveUpTurn(draft, turn, 'withdrawn');
  if (reading) dropReading(draft, reading, 'withdrawn');
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

/** Drops postponed answers: of everybody, or of one person. */
export function stopPostponed(draft: Draft, by?: PersonId): void {
  for (const id of draft.state.floor.postponed) {
    const turn = turnOf(draft.state, id);
    if (turn && (by === undefined || turn.by === by)) dropTurn(draft, turn, 'stopped');
  }
}

/** "Stop" before the first sound drops the reply that is being made. */
export function dropUnheard(draft: Draft): void {
  const { current } = draft.state.floor;
  if (!current || current.isAudible) return;
  const turn = currentTurn(draft.state);
  const reading = readingOf(draft.state, current.id);
  if (turn) dropTurn(draft, turn, 'stopped');
  if (reading) dropReading(draft, reading, 'stopped');
}

/** No turn waits for a person who left. An answer that they hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId): void {
  for (const { id } of draft.state.turns) {
    const turn = turnOf(draft.state, id);
    if (!turn || !isOnFloor(draft.state, id)) continue;
    if (turn.by === by && turn.request === undefined) leaveTurn(draft, turn);
    else if (!soundOf(draft.state, id)) removeDuplicate(draft, turn, by);
  }
}

function leaveTurn(draft: Draft, turn: TurnState): void {
  const sounding = soundOf(draft.state, turn.id);
  const { people } = draft.state;
  const isShared = turn.duplicates.some((one) => people.some(({ id }) => id === one.by));
  const isCurrent = draft.state.floor.current?.id === turn.id;
  if (sounding && !isShared) finishClause(draft, sounding, 'late');
  else if (!isShared) loseTurn(draft, turn.id, 'late');
  else if (!isCurrent) giveUpTurn(draft, turn, 'late');
}

// Time.

/** Cues, slow answers and questions that waited too long. */
export function passReplies(draft: Draft): void {
  cueWait(draft);
  postponeSlow(draft);
  for (const turn of draft.state.turns) {
    if (isTooLate(draft, turn)) loseTurn(draft, turn.id, 'late');
  }
  for (const id of draft.state.floor.postponed) giveUpPostponed(draft, id);
}

/** Waiting turns that are too old. */
function isTooLate(
  { atMs, rules, state }: Draft,
  { endedMs, id, wasPostponed }: TurnState,
): boolean {
  const isWaiting = state.floor.queue.includes(id) && !wasPostponed;
  return isWaiting && atMs - endedMs >= rules.queue.longestWaitMs;
}

/** Plays a cue while nothing of the answer is heard, or no more of it comes. */
function cueWait(draft: Draft): void {
  const { atMs, rules } = draft;
  const { current } = draft.state.floor;
  const turn = currentTurn(draft.state);
  if (!current || !turn || !isCueDue(current, atMs, rules.cueGraceMs)) return;
  const { effect, waiting } = stepWaiting(current.waiting, atMs, rules.waiting);
  changeFloor(draft, { current: { ...current, waiting } });
  if (effect === undefined || effect === 'later') return;
  emit(draft, { do: 'cue', cue: effect });
  if (effect === 'moment') putTurn(draft, { ...turn, heardMoment: true });
}

function isCueDue(current: CurrentReply, atMs: number, graceMs: number): boolean {
  const isSilent = !current.isAudible || current.isStarved;
  return isSilent && atMs - current.fromMs >= graceMs;
}

/** Makes other turns current while an answer is slow. Of more than three slow answers the next one fails. */
function postponeSlow(draft: Draft): void {
  const { atMs, rules } = draft;
  const { current, postponed } = draft.state.floor;
  const turn = currentTurn(draft.state);
  if (!current || !turn || current.isAudible || turn.answer?.isReady) return;
  if (atMs - current.fromMs < rules.waiting.laterMs) return;
  if (postponed.length >= rules.queue.mostPostponed) {
    failLate(draft, turn);
    return;
  }
  const { request } = turn;
  if (request !== undefined) emit(draft, { do: 'report', request, outcome: 'postponed' });
  putTurn(draft, { ...turn, request: undefined, wasPostponed: true });
  emit(draft, { do: 'hold', answer: current.reply });
  changeFloor(draft, { current: undefined, postponed: [...postponed, turn.id] });
  sayNext(draft, 'later');
}

function giveUpPostponed(draft: Draft, id: Id): void {
  const turn = turnOf(draft.state, id);
  if (!turn || turn.answer?.isReady) return;
  const waitedMs = draft.atMs - turn.endedMs;
  if (waitedMs >= draft.rules.queue.longestPostponedMs) failLate(draft, turn);
}

function failLate(draft: Draft, turn: TurnState): void {
  concludeTurn(draft, discardAnswer(draft, turn), 'failed', '');
  reportFailure(draft, 'late');
}
