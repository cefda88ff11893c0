import type { PersonId } from '#src/base/ids.ts';
import type { DroppedTurnReason } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
import type { UtteranceOutcome } from './effects.ts';
import { noteDroppedTurn } from './notes.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  emitFact,
  findAnnouncement,
  findCurrentTurn,
  findHeardReply,
  findTurn,
  getLastUtterance,
  getPhase,
  hasRefused,
  isMuted,
  isQueued,
  joinTranscript,
  leaveQueue,
  removeTurn,
  takeId,
} from './selectors.ts';
import type {
  Announcement,
  Answer,
  ConversationState,
  CurrentReply,
  EarlyEnd,
  History,
  HistoryExchange,
  Id,
  Presence,
  ReplyFailure,
  SessionState,
  TurnEnd,
  TurnPart,
  TurnState,
  UtteranceState,
} from './state.ts';
import { discardAnswer, stopAnswer, stopTurnRuns } from './tool-decisions.ts';
import { noteAnswerOver } from './turn-addressing.ts';

export const lifecycleHandlers = {
  exchanged(draft, event) {
    const { by, heard, name, words } = event;
    if (hasRefused(draft.presence, by)) return;
    addExchange(draft, { by, name, isOwn: false, words, heard, isOver: false });
    noteAnswerOver(draft, by, heard);
  },

  outdated(draft) {
    setHistory(draft, draft.history.exchanges);
  },
} satisfies Partial<EventHandlers>;

export function findRejection(session: SessionState): EarlyEnd | undefined {
  if (session.connection.kind === 'gone') return 'left';
  if (session.isEnding) return 'ending';
  return isMuted(session) ? 'muted' : undefined;
}

export function addTurn(
  draft: Draft,
  by: PersonId,
  atMs: number,
  given: Partial<TurnState> = {},
): TurnState {
  const turn = {
    id: takeId(draft),
    by,
    name: draft.presence.people.find(({ id }) => id === by)?.name ?? 'Someone',
    request: undefined,
    openSpeech: [],
    parts: [],
    endedMs: atMs,
    answer: undefined,
    changes: [],
    hasWaited: false,
    ...given,
  };
  draft.turns = [...draft.turns, turn];
  return turn;
}

/** Begins an answer. Nothing of it is heard, and no tool runs, before the answer is wanted. */
export function beginTurnAnswer(
  draft: Draft,
  turn: TurnState,
  words: string | undefined,
): Answer {
  const id = takeId(draft);
  const supposedExchange = supposeExchange(draft);
  const answer = {
    id,
    words,
    lastUtterance: turn.openSpeech.at(-1)?.id ?? getLastUtterance(turn),
    historyVersion: draft.history.version,
    supposedExchange,
    hasForeignWords: hasForeignHistory(draft, turn, supposedExchange),
    hasCalled: false,
    confirmation: undefined,
  };
  const { by, changes: done, id: turnId, request } = turn;
  emitEffect(draft, {
    do: 'begin',
    answer: id,
    turn: turnId,
    by,
    request,
    words,
    done,
    supposed: supposedExchange,
  });
  turn.answer = answer;
  return answer;
}

/** Returns the current exchange as if people hear no more of a paused reply, or all of another. */
function supposeExchange(draft: Draft) {
  const { haltedAfter, wholeText } = draft.turnQueue.current ?? {};
  const heard = haltedAfter ?? wholeText;
  const turn = findCurrentTurn(draft);
  return turn && heard !== undefined
    ? toExchange(draft.presence, turn, heard, 'interrupted')
    : undefined;
}

/** Their askers are called by name. */
export function markWaitingTurns(
  { turnQueue, turns }: ConversationState,
  addressed?: PersonId,
) {
  for (const turn of turns)
    if (turnQueue.waiting.includes(turn.id) && turn.by !== addressed)
      turn.hasWaited = true;
}

/** Speech that its asker has not ended becomes a new turn. */
export function endTurn(
  draft: Draft,
  turn: TurnState,
  end: TurnEnd,
  failure?: ReplyFailure,
) {
  leaveQueue(draft, turn.id);
  removeTurn(draft, turn);
  forgetRecordings(draft, turn.parts);
  if (end !== 'withdrawn') separateOpenSpeech(draft, turn);
  else for (const one of turn.openSpeech) closeUtterance(draft, turn, one, end);
  if (turn.request !== undefined)
    emitEffect(draft, { do: 'report', request: turn.request, outcome: end, failure });
  emitFact(draft, { kind: 'turn-over', turn, end });
}

export function closeUtterance(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  end: UtteranceOutcome,
  why?: IgnoreReason,
) {
  reportUtterance(draft, turn, utterance, end, why);
  emitEffect(draft, { do: 'forget', utterance: utterance.id });
}

export function reportUtterance(
  draft: Draft,
  { by, name }: TurnState,
  utterance: UtteranceState,
  end: UtteranceOutcome,
  why?: IgnoreReason,
) {
  emitFact(draft, { kind: 'utterance-over', utterance, by, name, end, why });
}

function separateOpenSpeech(draft: Draft, turn: TurnState) {
  const { by, endedMs, name, openSpeech, parts } = turn;
  if (openSpeech.length === 0) return;
  const separated = openSpeech.map((one) => ({
    ...one,
    continuesTurn: one.continuesTurn || parts.length > 0,
  }));
  addTurn(draft, by, endedMs, { name, openSpeech: separated });
}

export function forgetRecordings(draft: Draft, parts: readonly TurnPart[]) {
  for (const { utterance } of parts) {
    if (utterance !== 0) emitEffect(draft, { do: 'forget', utterance });
  }
}

/** After these ends a question stays in the history if its answer had begun. */
const rememberedEnds: readonly string[] = ['stopped', 'late', 'muted', 'interrupted'];

/** Ends a turn early. A heard reply is cut, and `endTurn` follows when its last words are known. */
export function dropTurn(draft: Draft, turn: TurnState, why: EarlyEnd) {
  // `over` brings the words that were heard. After a no, none of them is kept.
  const sounding = findHeardReply(draft, turn.id);
  stopTurnRuns(draft, turn.id);
  if (sounding) cutReply(draft, sounding, why);
  else stopAnswer(draft, turn);
  if (sounding && why !== 'withdrawn') return;
  const isCurrent = draft.turnQueue.current?.id === turn.id;
  if (isCurrent) noteAnswerOver(draft, turn.by, '');
  if (isCurrent && rememberedEnds.includes(why)) rememberExchange(draft, turn, '', why);
  endTurn(draft, turn, why);
}

export function cutReply(draft: Draft, current: CurrentReply, why: EarlyEnd) {
  if (current.phase.kind === 'cut') return;
  emitEffect(draft, { do: 'cut', reply: current.reply });
  current.phase = { kind: 'cut', why };
  current.wholeText = undefined;
}

export function finishReplyClause(draft: Draft, current: CurrentReply, why: EarlyEnd) {
  // Without a sounding clause, the reply is cut: its next clause may wait for a tool.
  const { phase } = current;
  if (phase.kind === 'finishing') return;
  if (phase.kind !== 'sounding' || phase.isStarved) {
    cutReply(draft, current, why);
    return;
  }
  emitEffect(draft, { do: 'finish-clause', reply: current.reply });
  current.phase = { kind: 'finishing', why };
  current.haltedAfter = undefined;
}

/** Drops an awaited turn, and says so on the panel, or in the chat if the process ends. */
export function loseTurn(draft: Draft, turn: TurnState, why: DroppedTurnReason) {
  const { by, name } = turn;
  if (why === 'ending') emitEffect(draft, { do: 'notice', line: 'unanswered' });
  else noteDroppedTurn(draft, by);
  emitFact(draft, { kind: 'dropped', by, name, why, phase: getPhase(turn, draft) });
  dropTurn(draft, turn, why);
}

export function endAnnouncement(
  draft: Draft,
  announcement: Announcement,
  end: TurnEnd,
) {
  const { id, isInterruptible, isOwn, request } = announcement;
  leaveQueue(draft, id);
  draft.turnQueue.announcements = draft.turnQueue.announcements.filter(
    (one) => one !== announcement,
  );
  if (!isOwn && isInterruptible && end === 'completed') markWaitingTurns(draft);
  if (request !== undefined) emitEffect(draft, { do: 'report', request, outcome: end });
}

export function dropAnnouncement(
  draft: Draft,
  announcement: Announcement,
  why: EarlyEnd,
) {
  const { current } = draft.turnQueue;
  if (current?.id === announcement.id) cutReply(draft, current, why);
  else endAnnouncement(draft, announcement, why);
}

export function dropEntry(draft: Draft, id: Id, why: EarlyEnd) {
  const turn = findTurn(draft, id);
  const announcement = findAnnouncement(draft, id);
  if (turn) dropTurn(draft, turn, why);
  if (announcement) dropAnnouncement(draft, announcement, why);
}

export function requeueReply(draft: Draft, { id, reply }: CurrentReply) {
  const turn = findTurn(draft, id);
  if (turn) {
    discardAnswer(draft, turn);
    noteAnswerOver(draft, turn.by, '');
  } else {
    emitEffect(draft, { do: 'discard', reply });
  }
  draft.turnQueue.current = undefined;
  draft.turnQueue.waiting = [id, ...draft.turnQueue.waiting];
}

/** Begins unheard answers anew if the prompts held words of other people. */
export function renewForeignAnswers(draft: Draft) {
  for (const turn of draft.turns) {
    const { current } = draft.turnQueue;
    // These words may be gone now.
    if (!turn.answer?.hasForeignWords || findHeardReply(draft, turn.id)) continue;
    if (current?.id === turn.id) requeueReply(draft, current);
    else discardAnswer(draft, turn);
  }
}

export function dropEverything(draft: Draft, why: EarlyEnd) {
  for (const turn of draft.turns) {
    if (turn.parts.length > 0 || isQueued(draft.turnQueue, turn.id))
      dropTurn(draft, turn, why);
    else discardAnswer(draft, turn);
  }
  for (const announcement of draft.turnQueue.announcements)
    dropAnnouncement(draft, announcement, why);
}

export function rememberExchange(
  draft: Draft,
  turn: TurnState,
  heard: string,
  end: TurnEnd,
) {
  const exchange = toExchange(draft.presence, turn, heard, end);
  if (exchange) addExchange(draft, exchange);
}

function toExchange(
  presence: Presence,
  { answer, by, name, parts }: TurnState,
  heard: string,
  end: TurnEnd,
): HistoryExchange | undefined {
  const words = joinTranscript(parts);
  if (hasRefused(presence, by) || (words === '' && heard === '')) return undefined;
  const isOver = heard === '' && rememberedEnds.includes(end);
  return { by, name, isOwn: answer?.hasForeignWords === false, words, heard, isOver };
}

function addExchange(draft: Draft, exchange: HistoryExchange) {
  const all = [...draft.history.exchanges, exchange];
  setHistory(draft, all.slice(-draft.step.rules.maxExchanges));
}

export function removeFromHistory(
  { exchanges, version }: History,
  personId: PersonId,
): History {
  return { version, exchanges: exchanges.filter(({ by }) => by !== personId) };
}

export function setHistory(draft: Draft, exchanges: readonly HistoryExchange[]) {
  // Answers on the former version become outdated.
  draft.history = { version: draft.history.version + 1, exchanges };
}

/** Returns whether no character of a name could look like a part of the prompt. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}' .-]{1,32}$/u.test(name);
}

function hasForeignHistory(
  { presence, history }: Draft,
  { by, changes, parts }: TurnState,
  supposed: HistoryExchange | undefined,
) {
  const exchanges = [...history.exchanges, ...(supposed ? [supposed] : [])];
  const isForeign = exchanges.some((one) => one.by !== by || !one.isOwn);
  const hasResult = changes.some((one) => one.quotesOthers && one.state !== 'running');
  const isNamed = isPlainName(presence.people.find(({ id }) => id === by)?.name ?? '');
  return isForeign || hasResult || (parts.length > 0 && !isNamed);
}
