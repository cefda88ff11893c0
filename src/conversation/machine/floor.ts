import { isDeepStrictEqual } from 'node:util';
import type { ReplyFinish } from '#src/base/play-end.ts';
import { sameWords } from '#src/turn/addressing/names.ts';
import { waitSince, waitsFromMs } from '#src/turn/waiting.ts';
import { noteAnswered, noteAnswering } from './addressing.ts';
import type { ReportedOutcome } from './effects.ts';
import type { EventOf } from './events.ts';
import {
  type Draft,
  emit,
  isFree,
  isMuted,
  isQuiet,
  lastUtteranceOf,
  leaveFloor,
  newId,
  preparedTurn,
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
  EarlyEnd,
  Id,
  Reading,
  ReadingPlace,
  ReplyFailure,
  TurnState,
} from './state.ts';
import { botBeginsToSpeak, discardAnswer, openSpokenConfirmation } from './tools.ts';

/** Queues a turn. */
export function askTurn(draft: Draft, turn: TurnState): void {
  const refusal = refusalOf(draft);
  if (refusal === 'ending') loseTurn(draft, turn, refusal);
  else if (refusal) dropTurn(draft, turn, refusal);
  if (refusal) return;
  replaceUnheard(draft, turn);
  const sounding = soundOf(draft, turn.id);
  if (sounding) {
    cut(draft, sounding, 'replaced');
    turn.answer = undefined;
  }
  leaveFloor(draft, turn.id);
  makeSpace(draft, turn);
  putInQueue(draft, turn);
}

/** A new question replaces an own one that was not heard. Words that were understood late replace nothing. */
function replaceUnheard(draft: Draft, turn: TurnState) {
  const { current } = draft.floor;
  const former = turnOf(draft, current?.id);
  if (!former || former.id === turn.id || former.by !== turn.by) return;
  const isTyped = former.request !== undefined || turn.request !== undefined;
  if (isTyped || turn.endedMs < former.endedMs || current?.phase.kind !== 'making') return;
  dropTurn(draft, former, 'replaced');
}

/** Three questions wait. One more drops the oldest, of its own asker first. */
function makeSpace(draft: Draft, turn: TurnState) {
  const waiting = draft.floor.queue.flatMap((id) => turnOf(draft, id) ?? []);
  if (waiting.length < draft.rules.queue.mostQuestions) return;
  const own = waiting.find(({ by }) => by === turn.by);
  const oldest = own ?? waiting[0];
  if (oldest) loseTurn(draft, oldest, 'crowded');
}

/** The first to finish is the first in the queue, before lines of chats that let everything pass. */
function putInQueue(draft: Draft, turn: TurnState) {
  const { queue } = draft.floor;
  const later = queue.findIndex((id) => {
    const other = turnOf(draft, id);
    if (other) return other.endedMs > turn.endedMs;
    return readingOf(draft, id)?.when === 'behind';
  });
  insertAt(draft, turn.id, later);
}

/** Puts a turn or a reading at this place of the queue; -1: last. */
function insertAt({ floor }: Draft, id: Id, place: number) {
  floor.queue = floor.queue.toSpliced(place < 0 ? floor.queue.length : place, 0, id);
}

/** Gives the floor to the next turn or reading. */
export function advance(draft: Draft): void {
  for (;;) {
    const { floor, isOver, link } = draft;
    if (floor.current || link.kind !== 'up' || isMuted(draft) || isOver) return;
    if (floor.queue.length === 0) sayNotice(draft);
    const [next] = floor.queue;
    if (next === undefined) return;
    makeCurrent(draft, next);
  }
}

function makeCurrent(draft: Draft, id: Id) {
  leaveFloor(draft, id);
  botBeginsToSpeak(draft);
  const turn = turnOf(draft, id);
  const reading = readingOf(draft, id);
  if (turn) playAnswer(draft, turn);
  if (!reading) return;
  setCurrent(draft, id, id, draft.atMs);
  emit(draft, { do: 'speak', reading: id, text: reading.text });
}

/** Plays the answer that was begun ahead if it still fits; else begins another one. */
function playAnswer(draft: Draft, turn: TurnState) {
  if (!isFitting(draft, turn)) discardAnswer(draft, turn);
  const answer = turn.answer ?? beginAnswer(draft, turn, wordsOf(turn.parts));
  const fromMs = Math.max(waitsFromMs(turn.voiceMs, turn.endedMs), draft.floor.freeFromMs);
  setCurrent(draft, turn.id, answer.id, fromMs);
  noteUnderstood(draft, turn);
  noteAnswering(draft, turn.by);
  emit(draft, { do: 'play', answer: answer.id });
}

/**
 * While the last words of an answer sound, the next one begins on the history as if they are all heard, where answers may
 * begin early at all: its asker has waited long enough.
 */
export function prepareNext(draft: Draft): void {
  const { current, queue } = draft.floor;
  const next = turnOf(draft, queue[0]);
  if (!next || next.answer || draft.settings.isSparing || current?.phase.kind !== 'sounding')
    return;
  const sounding = turnOf(draft, current.id);
  if (!sounding || current.wholeText === undefined) return;
  const supposed = toExchange(draft, sounding, current.wholeText, 'completed');
  next.hasWaited ||= next.by !== sounding.by;
  beginAnswer(draft, next, wordsOf(next.parts), supposed);
}

/** A reply was heard whole: an answer that was begun on that fits the history. */
export function confirmNext(draft: Draft, formerVersion: number): void {
  const { exchanges, version } = draft.history;
  const answer = preparedTurn(draft)?.answer;
  if (answer?.historyVersion !== formerVersion) return;
  if (!isDeepStrictEqual(exchanges.at(-1), answer.supposed)) return;
  answer.supposed = undefined;
  answer.historyVersion = version;
}

function isFitting({ history }: Draft, { answer, parts }: TurnState) {
  if (answer?.historyVersion !== history.version || answer.supposed !== undefined) return false;
  if (answer.words === undefined) return answer.lastUtterance === lastUtteranceOf({ parts });
  return sameWords(answer.words, wordsOf(parts));
}

function noteUnderstood(draft: Draft, { by, parts, request }: TurnState) {
  const words = wordsOf(parts);
  if (request !== undefined || words === '') return;
  const { atMs, notes, rules } = draft;
  const others = notes.understood.filter((one) => one.by !== by || one.words !== words);
  notes.understood = [...others, { by, words, untilMs: atMs + rules.understoodMs }];
}

function setCurrent({ atMs, floor, rules }: Draft, id: Id, reply: Id, sinceMs: number) {
  floor.current = {
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
  if (end === 'completed') {
    openSpokenConfirmation(draft, turn);
    clearFailures(draft, 'recognise', 'think', 'key');
  }
  if (end === 'empty' && turn.changes.length === 0) emit(draft, { do: 'cue', cue: 'error' });
  remember(draft, turn, heard, end);
  noteAnswered(draft, turn.by, heard);
  if (heard !== '') markWaiting(draft, turn.by);
  endTurn(draft, turn, end);
}

/** Says the first failure of its kind. Those after it are a tone, until an answer is whole. */
export function reportFailure(draft: Draft, stage: string, failure?: ReplyFailure): void {
  if (stage === 'speak') return; // what had no sound is written
  if (!noteFailure(draft, stage)) {
    emit(draft, { do: 'cue', cue: 'error' });
    return;
  }
  if (!refusalOf(draft))
    queueReading(draft, addReading(draft, { text: `failed: ${stage}`, isOwn: true, failure }));
}

/** True where people did not know of this failure. */
export function noteFailure(draft: Draft, failure: string): boolean {
  if (draft.reportedFailures.includes(failure)) return false;
  draft.reportedFailures = [...draft.reportedFailures, failure];
  return true;
}

export function clearFailures(draft: Draft, ...stages: readonly string[]): void {
  draft.reportedFailures = draft.reportedFailures.filter((one) => !stages.includes(one));
}

/** A text is to be read out. */
export function read(draft: Draft, event: EventOf<'read'>): void {
  const { about, isInterruptible, owner, request, text, when } = event;
  const outcome = readingRefusal(draft, event);
  if (outcome === undefined)
    queueReading(draft, addReading(draft, { owner, about, when, text, isInterruptible, request }));
  else if (request !== undefined) emit(draft, { do: 'report', request, outcome });
}

/** Eight texts wait, and of the lines of a chat three of each person and 24 in all. */
function readingRefusal(
  draft: Draft,
  { owner, when }: EventOf<'read'>,
): ReportedOutcome | undefined {
  const refusal = refusalOf(draft);
  if (refusal) return refusal;
  const waiting = draft.readings.filter(({ id }) => draft.floor.queue.includes(id));
  const isBehind = when === 'behind';
  const alike = waiting.filter((one) => (one.when === 'behind') === isBehind);
  const { mostLines, mostLinesEach, mostReadings } = draft.rules.queue;
  if (!isBehind) return alike.length >= mostReadings ? 'full' : undefined;
  const own = alike.filter((one) => one.owner === owner);
  return own.length >= mostLinesEach || alike.length >= mostLines ? 'full' : undefined;
}

/** `now` goes before everything, but behind the former `now`; `behind` goes after everything. */
function queueReading(draft: Draft, { id, when }: Reading) {
  const { queue } = draft.floor;
  const isKind = (kind: ReadingPlace) => (other: Id) => readingOf(draft, other)?.when === kind;
  const now = queue.findLastIndex(isKind('now')) + 1;
  const places = { now, queue: queue.findIndex(isKind('behind')), behind: -1, pause: -1 };
  insertAt(draft, id, places[when]);
}

function addReading(draft: Draft, given: Partial<Reading> & Pick<Reading, 'text'>): Reading {
  const reading: Reading = {
    id: newId(draft),
    owner: undefined,
    about: [],
    when: 'now',
    isInterruptible: true,
    isOwn: false,
    request: undefined,
    untilMs: Number.POSITIVE_INFINITY,
    ...given,
  };
  draft.readings = [...draft.readings, reading];
  return reading;
}

/** A sentence waits for a pause in the talk. */
export function notify(draft: Draft, event: EventOf<'notify'>): void {
  const { request, text, to, untilMs } = event;
  const about = to === undefined ? [] : [to];
  const notice = addReading(draft, { about, when: 'pause', text, request, untilMs });
  const isFull = noticesOf(draft).length > draft.rules.mostNotices;
  if (isFull || draft.settings.mode === 'captions' || refusalOf(draft) !== undefined)
    endReading(draft, notice, 'refused');
}

/** Sentences that wait for a pause. */
function noticesOf(state: ConversationState): readonly Reading[] {
  return state.readings.filter(({ when }) => when === 'pause');
}

/** Says the next notice where no person talks and nothing waits. */
function sayNotice(draft: Draft) {
  if (!isQuiet(draft) || !isFree(draft)) return;
  for (const notice of noticesOf(draft)) {
    if (isHeardBy(draft, notice)) {
      notice.when = 'queue';
      notice.untilMs = Number.POSITIVE_INFINITY;
      queueReading(draft, notice);
      return;
    }
    endReading(draft, notice, 'left');
  }
}

/** Whether its addressee sits there, hears it and agreed to be heard. */
function isHeardBy(draft: Draft, { about: [to] }: Reading) {
  if (to === undefined) return true;
  const listener = draft.people.find(({ id }) => id === to);
  return listener !== undefined && !listener.isDeaf && standingOf(draft, to) === 'yes';
}

/** Drops texts of a person, texts that repeat their words, and notices for them. */
export function dropReadingsOf(draft: Draft, by: PersonId): void {
  for (const reading of draft.readings) {
    if (reading.owner === by || reading.about.includes(by))
      dropReading(draft, reading, 'withdrawn');
  }
}

/** Ends notices that found no pause in time. */
export function passReadings(draft: Draft): void {
  for (const reading of draft.readings)
    if (reading.untilMs <= draft.atMs) dropReading(draft, reading, 'late');
}
