import type { ReplyFinish } from '#src/base/play-end.ts';
import type { DroppedTurnReason } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/answerable.ts';
import { noteAnswered } from './addressing.ts';
import type { UtteranceOutcome } from './effects.ts';
import type { EventOf } from './events.ts';
import {
  type Draft,
  emit,
  hasRefused,
  isMuted,
  isOnFloor,
  lastUtteranceOf,
  leaveFloor,
  newId,
  phaseOf,
  preparedTurn,
  readingOf,
  removeTurn,
  report,
  soundOf,
  turnOf,
  wordsOf,
} from './questions.ts';
import type {
  Answer,
  ConversationState,
  CurrentReply,
  EarlyEnd,
  HistoryExchange,
  Id,
  Reading,
  TurnPart,
  TurnState,
  UtteranceState,
} from './state.ts';
import { discardAnswer, stopAnswer, stopRunsOfTurn } from './tools.ts';

/** Reason for which no turn or reading is accepted now. */
export function refusalOf(state: ConversationState): EarlyEnd | undefined {
  if (state.isOver) return 'left';
  if (state.isEnding) return 'ending';
  return isMuted(state) ? 'muted' : undefined;
}

export function addTurn(
  draft: Draft,
  by: PersonId,
  atMs: number,
  given: Partial<TurnState> = {},
): TurnState {
  const turn: TurnState = {
    id: newId(draft),
    by,
    name: draft.people.find(({ id }) => id === by)?.name ?? 'Someone',
    request: undefined,
    open: [],
    parts: [],
    voiceMs: atMs,
    endedMs: atMs,
    answer: undefined,
    changes: [],
    hasWaited: false,
    ...given,
  };
  draft.turns = [...draft.turns, turn];
  return turn;
}

/** Begins an answer. Nothing of it is heard, and no tool runs, before it is wanted. */
export function beginAnswer(
  draft: Draft,
  turn: TurnState,
  words: string | undefined,
  supposed?: HistoryExchange,
): Answer {
  const id = newId(draft);
  const answer: Answer = {
    id,
    words,
    lastUtterance: turn.open.at(-1)?.id ?? lastUtteranceOf(turn),
    historyVersion: draft.history.version,
    supposed,
    hasForeignWords: hasForeignHistory(draft, turn, supposed),
    hasCalled: false,
    confirmation: undefined,
  };
  const { by, changes: done, id: turnId, request } = turn;
  emit(draft, { do: 'begin', answer: id, turn: turnId, by, request, words, done, supposed });
  turn.answer = answer;
  return answer;
}

/** Calls people by name whose turns wait while the bot speaks to another person, or to all. */
export function markWaiting(draft: Draft, addressed?: PersonId): void {
  for (const turn of draft.turns)
    if (draft.floor.queue.includes(turn.id) && turn.by !== addressed) turn.hasWaited = true;
}

/** Ends a turn. Each turn ends here, once. */
export function endTurn(draft: Draft, turn: TurnState, end: ReplyFinish | EarlyEnd): void {
  leaveFloor(draft, turn.id);
  removeTurn(draft, turn);
  forgetSounds(draft, turn.parts);
  if (end !== 'withdrawn') separateOpen(draft, turn);
  else for (const one of turn.open) endUtterance(draft, turn, one, end);
  const { failure, request } = turn;
  if (request !== undefined) emit(draft, { do: 'report', request, outcome: end, failure });
  report(draft, { kind: 'turn-over', turn, end });
}

/** Reports an utterance that no answer needs, and forgets its sound. */
export function endUtterance(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  end: UtteranceOutcome,
  why?: IgnoreReason,
): void {
  reportUtterance(draft, turn, utterance, end, why);
  emit(draft, { do: 'forget', utterance: utterance.id });
}

export function reportUtterance(
  draft: Draft,
  { by, name }: TurnState,
  heard: UtteranceState,
  end: UtteranceOutcome,
  why?: IgnoreReason,
): void {
  report(draft, { kind: 'utterance-over', utterance: heard.id, heard, by, name, end, why });
}

/** Speech without a decision becomes a turn of its own. */
function separateOpen(draft: Draft, turn: TurnState) {
  const { by, endedMs, name, open, parts } = turn;
  if (open.length === 0) return;
  const separated = open.map((one) => ({ ...one, goesOn: one.goesOn || parts.length > 0 }));
  addTurn(draft, by, endedMs, { name, open: separated });
}

export function forgetSounds(draft: Draft, parts: readonly TurnPart[]): void {
  for (const { utterance } of parts) {
    if (utterance !== 0) emit(draft, { do: 'forget', utterance });
  }
}

/** Early ends after which a question that was being answered stays in the history. */
const rememberedEnds: readonly string[] = ['stopped', 'late', 'muted', 'interrupted', 'replaced'];

function isRemembered(end: ReplyFinish | EarlyEnd) {
  return rememberedEnds.includes(end);
}

/** Ends a turn at whatever stage. A reply that is heard is cut, and `over` brings the words that left. After a no nothing of them is kept. */
export function dropTurn(draft: Draft, turn: TurnState, why: EarlyEnd): void {
  const sounding = soundOf(draft, turn.id);
  stopRunsOfTurn(draft, turn.id);
  if (sounding) cut(draft, sounding, why);
  else stopAnswer(draft, turn);
  if (sounding && why !== 'withdrawn') return;
  const isCurrent = draft.floor.current?.id === turn.id;
  if (isCurrent) noteAnswered(draft, turn.by, '');
  if (isCurrent && isRemembered(why)) remember(draft, turn, '', why);
  endTurn(draft, turn, why);
}

/** Cuts a reply. It stays current until `over`, which follows at once. */
export function cut(draft: Draft, current: CurrentReply, why: EarlyEnd): void {
  if (current.phase.kind === 'cut') return;
  emit(draft, { do: 'cut', reply: current.reply });
  current.phase = { kind: 'cut', why };
  const next = preparedTurn(draft);
  if (next) discardAnswer(draft, next); // it was begun as if all of this is heard
}

/** Ends a reply with the clause that sounds; where none does, at once: the next one may wait for a tool. */
export function finishClause(draft: Draft, current: CurrentReply, why: EarlyEnd): void {
  const { phase } = current;
  if (phase.kind === 'finishing') return;
  if (phase.kind !== 'sounding' || phase.isStarved) {
    cut(draft, current, why);
    return;
  }
  emit(draft, { do: 'finish-clause', reply: current.reply });
  current.phase = { kind: 'finishing', why };
}

/** Drops a turn whose asker still waits. The panel shows it, or the chat before the process ends. */
export function loseTurn(draft: Draft, turn: TurnState, why: DroppedTurnReason): void {
  const { by, name } = turn;
  if (why === 'ending') emit(draft, { do: 'notice', line: 'unanswered', by });
  else noteDropped(draft, by);
  report(draft, { kind: 'dropped', by, name, why, phase: phaseOf(turn, draft) });
  dropTurn(draft, turn, why);
}

function noteDropped(draft: Draft, by: PersonId) {
  const { atMs, notes, rules } = draft;
  const others = notes.dropped.filter((one) => one.by !== by);
  const dropped = [...others, { by, untilMs: atMs + rules.droppedMs }];
  notes.dropped = dropped.slice(-rules.mostDropped);
}

export function endReading(draft: Draft, reading: Reading, end: ReplyFinish | EarlyEnd): void {
  const { id, isInterruptible, isOwn, request } = reading;
  leaveFloor(draft, id);
  draft.readings = draft.readings.filter((one) => one !== reading);
  if (!isOwn && isInterruptible && end === 'completed') markWaiting(draft);
  if (request !== undefined) emit(draft, { do: 'report', request, outcome: end });
}

export function dropReading(draft: Draft, reading: Reading, why: EarlyEnd): void {
  const { current } = draft.floor;
  if (current?.id === reading.id) cut(draft, current, why);
  else endReading(draft, reading, why);
}

/** Drops a turn or a reading, whichever has this id. */
export function drop(draft: Draft, id: Id, why: EarlyEnd): void {
  const turn = turnOf(draft, id);
  const reading = readingOf(draft, id);
  if (turn) dropTurn(draft, turn, why);
  if (reading) dropReading(draft, reading, why);
}

/** Puts the current reply back in front of the queue, to be made anew. */
export function putBack(draft: Draft, { id, reply }: CurrentReply): void {
  const turn = turnOf(draft, id);
  if (turn) {
    discardAnswer(draft, turn);
    noteAnswered(draft, turn.by, '');
  } else {
    emit(draft, { do: 'discard', reply });
  }
  const { floor } = draft;
  floor.current = undefined;
  floor.queue = [id, ...floor.queue];
}

/** Discards answers that nobody has heard, and that may hold words of others: they are made anew. */
export function renewForeignAnswers(draft: Draft): void {
  for (const turn of draft.turns) {
    const { current } = draft.floor;
    if (!turn.answer?.hasForeignWords || soundOf(draft, turn.id)) continue;
    if (current?.id === turn.id) putBack(draft, current);
    else discardAnswer(draft, turn);
  }
}

/** Drops everything that is said or waits, and answers to questions that their speakers go on with. */
export function dropAll(draft: Draft, why: EarlyEnd): void {
  for (const turn of draft.turns) {
    if (turn.parts.length > 0 || isOnFloor(draft, turn.id)) dropTurn(draft, turn, why);
    else discardAnswer(draft, turn);
  }
  for (const reading of draft.readings) dropReading(draft, reading, why);
}

/** Keeps a question and the part of its answer that was heard. */
export function remember(
  draft: Draft,
  turn: TurnState,
  heard: string,
  end: ReplyFinish | EarlyEnd,
): void {
  const exchange = toExchange(draft, turn, heard, end);
  if (exchange) add(draft, exchange);
}

/** Exchange of a turn as the history keeps it; undefined where nothing of it is kept. */
export function toExchange(
  draft: Draft,
  { answer, by, name, parts }: TurnState,
  heard: string,
  end: ReplyFinish | EarlyEnd,
): HistoryExchange | undefined {
  const words = wordsOf(parts);
  if (hasRefused(draft, by) || (words === '' && heard === '')) return undefined;
  const isOver = heard === '' && isRemembered(end);
  return { by, name, isOwn: answer?.hasForeignWords === false, words, heard, isOver };
}

/** Keeps a question that was answered in writing. */
export function exchanged(draft: Draft, event: EventOf<'exchanged'>): void {
  const { by, heard, name, words } = event;
  if (hasRefused(draft, by)) return;
  add(draft, { by, name, isOwn: false, words, heard, isOver: false });
  noteAnswered(draft, by, heard);
}

/** Answers that began before are out of date. */
export function outdated(draft: Draft): void {
  setHistory(draft, draft.history.exchanges);
}

function add(draft: Draft, exchange: HistoryExchange) {
  const all = [...draft.history.exchanges, exchange];
  setHistory(draft, all.slice(-draft.rules.mostExchanges));
}

export function historyWithout(
  { exchanges, version }: ConversationState['history'],
  personId: PersonId,
): ConversationState['history'] {
  return { version, exchanges: exchanges.filter(({ by }) => by !== personId) };
}

/** Answers that began on the former version are out of date. */
export function setHistory(draft: Draft, exchanges: readonly HistoryExchange[]): void {
  draft.history = { version: draft.history.version + 1, exchanges };
}

/** Whether a name is in plain letters and digits, which cannot look like a part of the prompt. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}' .-]{1,32}$/u.test(name);
}

/** Whether a prompt of this turn holds words of others. */
function hasForeignHistory(
  { history, people }: Draft,
  { by, changes, parts }: TurnState,
  supposed: HistoryExchange | undefined,
) {
  const exchanges = [...history.exchanges, ...(supposed ? [supposed] : [])];
  const isForeign = exchanges.some((one) => one.by !== by || !one.isOwn);
  const hasResult = changes.some((one) => one.isForeign && one.state !== 'running');
  const isNamed = isPlainName(people.find(({ id }) => id === by)?.name ?? '');
  return isForeign || hasResult || (parts.length > 0 && !isNamed);
}
