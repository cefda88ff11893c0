import type { ReplyFinish } from '#src/playback/reply/spoken-reply.ts';
import { sameWords } from '#src/turn/addressing/names.ts';
import { waitSince, waitsFromMs } from '#src/turn/waiting.ts';
import { noteAnswered, noteAnswering } from './addressing.ts';
import type { ReportedOutcome } from './effects.ts';
import type { EventOf } from './events.ts';
import {
  change,
  changeFloor,
  changeNotes,
  type Draft,
  emit,
  isFree,
  isQuiet,
  lastUtteranceOf,
  leaveFloor,
  newId,
  preparedTurn,
  putTurn,
  readingOf,
  soundOf,
  standingOf,
  turnOf,
  wordsOf,
} from './questions.ts';
import {
  beginAnswer,
  cut,
  dropReading,
  dropTurn,
  endReading,
  endTurn,
  loseTurn,
  markWaiting,
  refusalOf,
  remember,
  toExchange,
} from './replies.ts';
import type {
  ConversationState,
  CurrentReply,
  EarlyEnd,
  Id,
  PersonId,
  Reading,
  TurnState,
} from './state.ts';
import { botBeginsToSpeak, discardAnswer, openSpokenConfirmation } from './tools.ts';

/** Queues a turn. */
export function askTurn(draft: Draft, turn: TurnState): void {
  const refusal = refusalOf(draft.state);
  if (refusal === 'ending') loseTurn(draft, turn.id, refusal);
  else if (refusal) dropTurn(draft, turn, refusal);
  if (refusal) return;
  replaceUnheard(draft, turn);
  const sounding = soundOf(draft.state, turn.id);
  if (sounding) cut(draft, sounding, 'replaced');
  leaveFloor(draft, turn.id);
  const asked = sounding ? { ...turn, answer: undefined } : turn;
  putTurn(draft, asked);
  makeSpace(draft, asked);
  putInQueue(draft, asked);
}

/** A new question replaces an own one that was not heard. Words that were understood late replace nothing. */
function replaceUnheard(draft: Draft, turn: TurnState): void {
  const { current } = draft.state.floor;
  const former = turnOf(draft.state, current?.id);
  if (!former || former.id === turn.id || former.by !== turn.by) return;
  const isTyped = former.request !== undefined || turn.request !== undefined;
  if (isTyped || turn.endedMs < former.endedMs || current?.phase.kind !== 'making') return;
  dropTurn(draft, former, 'replaced');
}

/** Three questions wait. One more drops the oldest, of its own asker first. */
function makeSpace(draft: Draft, turn: TurnState): void {
  const waiting = draft.state.floor.queue.flatMap((id) => turnOf(draft.state, id) ?? []);
  if (waiting.length < draft.rules.queue.mostQuestions) return;
  const own = waiting.find(({ by }) => by === turn.by);
  const oldest = own ?? waiting[0];
  if (oldest) loseTurn(draft, oldest.id, 'crowded');
}

/** The first to finish is the first in the queue, before lines of chats that let everything pass. */
function putInQueue(draft: Draft, turn: TurnState): void {
  const { queue } = draft.state.floor;
  const later = queue.findIndex((id) => {
    const other = turnOf(draft.state, id);
    if (other) return other.endedMs > turn.endedMs;
    return readingOf(draft.state, id)?.when === 'behind';
  });
  const place = later < 0 ? queue.length : later;
  changeFloor(draft, { queue: queue.toSpliced(place, 0, turn.id) });
}

/** Gives the floor to the next turn or reading. */
export function advance(draft: Draft): void {
  for (;;) {
    const { floor, isMuted, isOver, link } = draft.state;
    if (floor.current || link.kind !== 'up' || isMuted || isOver) return;
    if (floor.queue.length === 0) sayNotice(draft);
    const [next] = draft.state.floor.queue;
    if (next === undefined) return;
    makeCurrent(draft, next);
  }
}

function makeCurrent(draft: Draft, id: Id): void {
  const { queue } = draft.state.floor;
  changeFloor(draft, { queue: queue.filter((one) => one !== id) });
  botBeginsToSpeak(draft);
  const turn = turnOf(draft.state, id);
  if (turn) {
    playAnswer(draft, turn);
    return;
  }
  const reading = readingOf(draft.state, id);
  if (!reading) return;
  changeFloor(draft, { current: newCurrent(draft, id, id, draft.atMs) });
  emit(draft, { do: 'speak', reading: id, text: reading.text });
}

/** Plays the answer that was begun ahead if it still fits; else begins another one. */
function playAnswer(draft: Draft, turn: TurnState): void {
  const fitting = isFitting(draft, turn) ? turn : discardAnswer(draft, turn);
  const begun = fitting.answer ? fitting : beginAnswer(draft, fitting, wordsOf(turn.parts));
  const { answer } = begun;
  if (!answer) return;
  putTurn(draft, begun);
  const { freeFromMs } = draft.state.floor;
  const fromMs = Math.max(waitsFromMs(turn.voiceMs, turn.endedMs), freeFromMs);
  changeFloor(draft, { current: newCurrent(draft, turn.id, answer.id, fromMs) });
  noteUnderstood(draft, turn);
  noteAnswering(draft, turn.by);
  emit(draft, { do: 'play', answer: answer.id });
}

/**
 * While the last words of an answer sound, the next one begins on the history as if they are all heard, where answers may
 * begin early at all: its asker has waited long enough.
 */
export function prepareNext(draft: Draft): void {
  const { floor, settings: set } = draft.state;
  const { current, queue } = floor;
  const next = turnOf(draft.state, queue[0]);
  if (!next || next.answer || set.isSparing || current?.phase.kind !== 'sounding') return;
  const sounding = turnOf(draft.state, current.id);
  if (!sounding || current.wholeText === undefined) return;
  const supposed = toExchange(draft, sounding, current.wholeText, 'completed');
  const hasWaited = next.hasWaited || next.by !== sounding.by;
  putTurn(draft, beginAnswer(draft, { ...next, hasWaited }, wordsOf(next.parts), supposed));
}

/** A reply was heard whole: an answer that was begun on that fits the history. */
export function confirmNext(draft: Draft, formerVersion: number): void {
  const { history } = draft.state;
  const next = preparedTurn(draft.state);
  if (next?.answer?.historyVersion !== formerVersion) return;
  const isSo = JSON.stringify(history.exchanges.at(-1)) === JSON.stringify(next.answer.supposed);
  const answer = { ...next.answer, supposed: undefined, historyVersion: history.version };
  if (isSo) putTurn(draft, { ...next, answer });
}

function isFitting({ state }: Draft, { answer, parts }: TurnState): boolean {
  if (answer?.historyVersion !== state.history.version || answer.supposed !== undefined)
    return false;
  if (answer.words === undefined) return answer.lastUtterance === lastUtteranceOf({ parts });
  return sameWords(answer.words, wordsOf(parts));
}

function noteUnderstood(draft: Draft, { by, parts, request }: TurnState): void {
  const words = wordsOf(parts);
  if (request !== undefined || words === '') return;
  const { understood } = draft.state.notes;
  const others = understood.filter((one) => one.by !== by || one.words !== words);
  changeNotes(draft, { understood: [...others, { by, words, atMs: draft.atMs }] });
}

function newCurrent({ atMs, rules }: Draft, id: Id, reply: Id, sinceMs: number): CurrentReply {
  return {
    id,
    reply,
    fromMs: atMs,
    phase: { kind: 'making' },
    wholeText: undefined,
    waiting: waitSince(sinceMs, rules.waiting),
  };
}

/** A turn has had its answer, whole or not. The part that was heard is known from now on. A model that said nothing has failed, unless it changed something. */
export function concludeTurn(
  draft: Draft,
  turn: TurnState,
  end: ReplyFinish | EarlyEnd,
  heard: string,
): void {
  if (end === 'completed') completeTurn(draft, turn);
  if (end === 'empty' && turn.changes.length === 0) emit(draft, { do: 'cue', cue: 'error' });
  remember(draft, turn, heard, end);
  noteAnswered(draft, turn.by, heard);
  if (heard !== '') markWaiting(draft, turn.by);
  endTurn(draft, turn, end);
}

/** Says the first failure of its kind. Those after it are a tone, until an answer is whole. */
export function reportFailure(draft: Draft, stage: string): void {
  if (stage === 'speak') return; // what had no sound is written
  if (!noteFailure(draft, stage)) {
    emit(draft, { do: 'cue', cue: 'error' });
    return;
  }
  if (!refusalOf(draft.state)) sayNext(draft, `failed: ${stage}`);
}

/** True where people did not know of this failure. */
export function noteFailure(draft: Draft, failure: string): boolean {
  const { reportedFailures } = draft.state;
  if (reportedFailures.includes(failure)) return false;
  change(draft, { reportedFailures: [...reportedFailures, failure] });
  return true;
}

export function clearFailures(draft: Draft, ...stages: readonly string[]): void {
  const { reportedFailures } = draft.state;
  const lasting = reportedFailures.filter((one) => !stages.includes(one));
  if (lasting.length < reportedFailures.length) change(draft, { reportedFailures: lasting });
}

/** A turn was heard to its end. */
function completeTurn(draft: Draft, turn: TurnState): void {
  openSpokenConfirmation(draft, turn);
  clearFailures(draft, 'recognise', 'think', 'key');
}

const atAnyTime = { untilMs: Number.POSITIVE_INFINITY };

/** A text is to be read out. */
export function read(draft: Draft, event: EventOf<'read'>): void {
  const { about, isInterruptible, owner, request, text, when } = event;
  const outcome = readingRefusal(draft, event);
  if (outcome === undefined) {
    const id = newId(draft);
    const kept = { ...atAnyTime, isOwn: false };
    queueReading(draft, { id, owner, about, when, text, isInterruptible, request, ...kept });
  } else if (request !== undefined) {
    emit(draft, { do: 'report', request, outcome });
  }
}

/** Eight texts wait, and of the lines of a chat three of each person and 24 in all. */
function readingRefusal(
  { rules, state }: Draft,
  { owner, when }: EventOf<'read'>,
): ReportedOutcome | undefined {
  const refusal = refusalOf(state);
  if (refusal) return refusal;
  const waiting = state.readings.filter(({ id }) => state.floor.queue.includes(id));
  const isBehind = when === 'behind';
  const alike = waiting.filter((one) => (one.when === 'behind') === isBehind);
  const { mostLines, mostLinesEach, mostReadings } = rules.queue;
  if (!isBehind) return alike.length >= mostReadings ? 'full' : undefined;
  const own = alike.filter((one) => one.owner === owner);
  return own.length >= mostLinesEach || alike.length >= mostLines ? 'full' : undefined;
}

function queueReading(draft: Draft, reading: Reading): void {
  putReading(draft, reading);
  const { queue } = draft.state.floor;
  const place = placeOf(draft, reading);
  changeFloor(draft, { queue: queue.toSpliced(place, 0, reading.id) });
}

/** Replaces the former state of a reading, or adds the reading. */
function putReading(draft: Draft, reading: Reading): void {
  const { readings } = draft.state;
  const replaced = readings.map((one) => (one.id === reading.id ? reading : one));
  change(draft, {
    readings: readingOf(draft.state, reading.id) ? replaced : [...readings, reading],
  });
}

/** `now` goes before everything, but behind the former `now`; `behind` goes after everything. */
function placeOf({ state }: Draft, { when }: Reading): number {
  const { queue } = state.floor;
  const kindAt = (id: Id) => readingOf(state, id)?.when;
  const lastNow = queue.findLastIndex((id) => kindAt(id) === 'now');
  const firstBehind = queue.findIndex((id) => kindAt(id) === 'behind');
  switch (when) {
    case 'now':
      return lastNow + 1;
    case 'queue':
      return firstBehind < 0 ? queue.length : firstBehind;
    case 'behind':
    case 'pause':
      return queue.length;
  }
}

/** Says a sentence of the bot next. */
function sayNext(draft: Draft, text: string): void {
  queueReading(draft, {
    id: newId(draft),
    owner: undefined,
    about: [],
    when: 'now',
    text,
    isInterruptible: true,
    isOwn: true,
    request: undefined,
    ...atAnyTime,
  });
}

/** A sentence waits for a pause in the talk. */
export function notify(draft: Draft, event: EventOf<'notify'>): void {
  const { request, text, to, untilMs } = event;
  const { settings } = draft.state;
  const notice: Reading = {
    id: newId(draft),
    owner: undefined,
    about: to === undefined ? [] : [to],
    when: 'pause',
    text,
    isInterruptible: true,
    isOwn: false,
    request,
    untilMs,
  };
  const isFull = noticesOf(draft.state).length >= draft.rules.mostNotices;
  const isRefused = isFull || settings.mode === 'captions' || refusalOf(draft.state) !== undefined;
  if (isRefused) endReading(draft, notice, 'refused');
  else putReading(draft, notice);
}

/** Sentences that wait for a pause. */
function noticesOf(state: ConversationState): readonly Reading[] {
  return state.readings.filter(({ when }) => when === 'pause');
}

/** Says the next notice where no person talks and nothing waits. */
function sayNotice(draft: Draft): void {
  if (!isQuiet(draft.state) || !isFree(draft.state)) return;
  for (const notice of noticesOf(draft.state)) {
    if (isHeardBy(draft, notice)) {
      queueReading(draft, { ...notice, ...atAnyTime, when: 'queue' });
      return;
    }
    endReading(draft, notice, 'left');
  }
}

/** Whether its addressee sits there, hears it and agreed to be heard. */
function isHeardBy({ state }: Draft, { about: [to] }: Reading): boolean {
  if (to === undefined) return true;
  const listener = state.people.find(({ id }) => id === to);
  return listener !== undefined && !listener.isDeaf && standingOf(state, to) === 'yes';
}

/** Drops texts of a person, texts that repeat their words, and notices for them. */
export function dropReadingsOf(draft: Draft, by: PersonId): void {
  for (const reading of draft.state.readings) {
    const isTheirs = reading.owner === by || reading.about.includes(by);
    if (isTheirs) dropReading(draft, reading, 'withdrawn');
  }
}

/** Ends notices that found no pause in time. */
export function passReadings(draft: Draft): void {
  for (const reading of draft.state.readings)
    if (reading.untilMs <= draft.atMs) dropReading(draft, reading, 'late');
}
