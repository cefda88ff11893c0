import { nextCueMs, stepWaiting, waitSince } from '#src/turn/waiting.ts';
import type { EventOf } from './events.ts';
import { clearFailures, concludeTurn, confirmNext, noteFailure, reportFailure } from './floor.ts';
import {
  awaitedReply,
  type Draft,
  emit,
  givenUpAtMs,
  isQuiet,
  readingOf,
  soundOf,
  turnOf,
  turnOfAnswer,
} from './questions.ts';
import { cut, drop, dropTurn, endReading, finishClause, loseTurn } from './replies.ts';
import { stopRunsOfTurn } from './tools.ts';

export function prompted(draft: Draft, { answer: id, hasOthers }: EventOf<'prompted'>): void {
  const answer = turnOfAnswer(draft, id)?.answer;
  if (answer && hasOthers) answer.hasForeignWords = true;
}

/** The budget refuses an answer. */
export function refused(draft: Draft, { answer }: EventOf<'refused'>): void {
  const turn = turnOfAnswer(draft, answer);
  if (!turn) return;
  turn.answer = undefined;
  emit(draft, { do: 'cue', cue: 'error' });
  dropTurn(draft, turn, 'refused');
}

/** The first frame of a reply leaves. Speech that goes on overlaps it. */
export function audible(draft: Draft, { reply }: EventOf<'audible'>): void {
  const { current } = draft.floor;
  if (current?.reply !== reply) return;
  if (current.phase.kind === 'making') current.phase = { kind: 'sounding', isStarved: false };
  for (const utterance of draft.turns.flatMap(({ open }) => open))
    utterance.isOverlapping ||= !utterance.isEnded;
}

export function whole(draft: Draft, { reply, text }: EventOf<'whole'>): void {
  const { current } = draft.floor;
  if (current?.reply === reply) current.wholeText = text;
}

/** Sound of a reply is late, or goes on. A clause that ends the reply is over where no more of it comes. */
export function starved(draft: Draft, { isStarved, reply }: EventOf<'starved'>): void {
  const { current } = draft.floor;
  if (current?.reply !== reply) return;
  const { phase, waiting } = current;
  if (phase.kind === 'finishing' && isStarved) cut(draft, current, phase.why);
  if (phase.kind !== 'sounding') return;
  const since = waitSince(draft.atMs, draft.rules.waiting);
  current.phase = { ...phase, isStarved };
  current.waiting = { ...since, heardMoment: waiting.heardMoment };
}

/** The current reply is over. `heard` is the part that left for the channel. */
export function over(draft: Draft, event: EventOf<'over'>): void {
  const { failure, finish, heard, reply, stage = 'speak', words } = event;
  const { current } = draft.floor;
  if (current?.reply !== reply) return;
  draft.floor.freeFromMs = draft.atMs;
  const { phase } = current;
  const end = finish !== 'completed' && 'why' in phase ? phase.why : finish;
  const reading = readingOf(draft, current.id);
  const turn = turnOf(draft, current.id);
  if (reading) {
    if (end === 'completed') clearFailures(draft, 'key');
    endReading(draft, reading, end);
  } else if (turn) {
    if (words !== undefined) turn.parts = [{ utterance: 0, words }];
    turn.failure = failure;
    const { version } = draft.history;
    concludeTurn(draft, turn, end, heard);
    confirmNext(draft, version);
  }
  if (end === 'failed') reportFailure(draft, stage, failure);
}

/** A person or a program takes a request back. */
export function takenBack(draft: Draft, { request }: EventOf<'taken-back'>): void {
  const { readings, turns } = draft;
  const taken = [...turns, ...readings].find((one) => one.request === request);
  if (taken) drop(draft, taken.id, 'withdrawn');
}

/** Somebody takes a turn or a reading out. */
export function takenOut(draft: Draft, { id, why }: EventOf<'taken-out'>): void {
  drop(draft, id, why);
}

/** People know of a failure, or it is over. */
export function failure(draft: Draft, event: EventOf<'failure'>): void {
  if (event.isOver) clearFailures(draft, event.failure);
  else noteFailure(draft, event.failure);
}

/** Barge-in has decided about the reply that it names. */
export function barged(draft: Draft, { action, reply }: EventOf<'barged'>): void {
  const { current } = draft.floor;
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
  const { current } = draft.floor;
  if (current?.phase.kind === 'making') drop(draft, current.id, 'stopped');
}

/** No turn waits for a person who left. An answer that they hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId): void {
  for (const turn of draft.turns) {
    if (turn.by !== by || turn.request !== undefined) continue;
    const sounding = soundOf(draft, turn.id);
    if (sounding) finishClause(draft, sounding, 'late');
    else loseTurn(draft, turn, 'late');
  }
}

// Time.

/** Cues, answers that do not come, and questions that waited too long. */
export function passReplies(draft: Draft): void {
  cueWait(draft);
  giveUpSilent(draft);
  const { atMs, rules } = draft;
  for (const turn of draft.turns) {
    const isLate = atMs - turn.endedMs >= rules.queue.longestWaitMs;
    if (isLate && draft.floor.queue.includes(turn.id)) loseTurn(draft, turn, 'late');
  }
}

/** Plays a cue while nothing of the answer is heard, or no more of it comes; never into the talk of people. */
function cueWait(draft: Draft) {
  const { atMs, rules } = draft;
  const awaited = awaitedReply(draft);
  if (!awaited || !isQuiet(draft)) return;
  if (atMs - awaited.fromMs < rules.cueGraceMs) return;
  if (atMs < nextCueMs(awaited.waiting, rules.waiting)) return;
  const { cue, waiting } = stepWaiting(awaited.waiting, atMs, rules.waiting);
  awaited.waiting = waiting;
  emit(draft, { do: 'cue', cue });
}

/** Ends the wait for an answer, which fails. */
function giveUpSilent(draft: Draft) {
  const { atMs, rules } = draft;
  const awaited = awaitedReply(draft);
  if (!awaited || atMs < givenUpAtMs(draft, rules)) return;
  awaited.phase = { kind: 'cut', why: 'failed' };
  emit(draft, { do: 'give-up', answer: awaited.reply, afterMs: rules.longestSilenceMs });
}
