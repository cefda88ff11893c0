import type { PersonId } from '#src/base/ids.ts';
import type { DroppedTurnReason } from '#src/ports/session-events.ts';
import type { IgnoreReason } from '#src/turn/decide-utterance.ts';
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
  isHeldByTool,
  isMuted,
  isQueued,
  joinTranscript,
  leaveQueue,
  noteDroppedTurn,
  removeTurn,
  takeId,
} from './draft.ts';
import type { UtteranceOutcome } from './effects.ts';
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
  TurnState,
  UtteranceState,
} from './state.ts';
import {
  discardAnswer,
  stopAnswer,
  stopReadingRuns,
  stopTurnRuns,
} from './tool-decisions.ts';
import { noteAnswerOver } from './turn-addressing.ts';

/** Handlers of written exchanges and changed instructions, for `stepConversation`. */
export const lifecycleHandlers: Pick<EventHandlers, 'exchanged' | 'outdated'> = {
  exchanged(draft, event) {
    const { by, heard: heardText, name, words: transcript } = event;
    if (hasRefused(draft.presence, by)) return;
    addExchange(draft, {
      by,
      name,
      isOwn: false,
      words: transcript,
      heard: heardText,
      isOver: false,
    });
    noteAnswerOver(draft, by, heardText);
  },

  outdated(draft) {
    setHistory(draft, draft.history.exchanges);
  },
};

/** Finds the reason why nothing may be said now. */
export function findRejection(session: SessionState): EarlyEnd | undefined {
  return findTurnRejection(session) ?? (isMuted(session) ? 'muted' : undefined);
}

/** Finds the reason why no turn may be answered now. A muted bot answers in writing. */
export function findTurnRejection(session: SessionState): EarlyEnd | undefined {
  if (session.connection.kind === 'gone') return 'left';
  return session.isEnding ? 'ending' : undefined;
}

/** Adds a turn, which may have no words yet. */
export function addTurn(
  draft: Draft,
  by: PersonId,
  atMs: number,
  fields: Partial<TurnState> = {},
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
    ...fields,
  };
  draft.turns = [...draft.turns, turn];
  return turn;
}

/** Begins an answer. Nothing of it is heard, and no tool runs, before the answer is wanted. */
export function beginTurnAnswer(
  draft: Draft,
  turn: TurnState,
  transcript: string | undefined,
): Answer {
  const id = takeId(draft);
  const supposedExchange = supposeExchange(draft);
  const answer = {
    id,
    words: transcript,
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
    words: transcript,
    done,
    supposed: supposedExchange,
  });
  turn.answer = answer;
  return answer;
}

/** Returns the current exchange as if people hear no more of a paused reply, or all of another. */
function supposeExchange(draft: Draft) {
  const { haltedAfter, wholeText } = draft.turnQueue.current ?? {};
  const heardText = haltedAfter ?? wholeText;
  const turn = findCurrentTurn(draft);
  return turn && heardText !== undefined
    ? toExchange(draft.presence, turn, heardText, 'interrupted')
    : undefined;
}

/** Marks turns that waited while the bot spoke to others. Their askers are called by name. */
export function markWaitingTurns(
  { turnQueue, turns }: ConversationState,
  addressed?: PersonId,
): void {
  for (const turn of turns)
    if (turnQueue.waiting.includes(turn.id) && turn.by !== addressed)
      turn.hasWaited = true;
}

/** Ends a turn and reports its outcome. Speech that its asker has not ended becomes a new turn. */
export function endTurn(
  draft: Draft,
  turn: TurnState,
  end: TurnEnd,
  failure?: ReplyFailure,
): void {
  leaveQueue(draft, turn.id);
  removeTurn(draft, turn);
  if (end !== 'withdrawn') separateOpenSpeech(draft, turn);
  else
    for (const utterance of turn.openSpeech)
      reportUtterance(draft, turn, utterance, end);
  if (turn.request !== undefined)
    emitEffect(draft, { do: 'report', request: turn.request, outcome: end, failure });
  emitFact(draft, { kind: 'turn-over', turn, end });
}

/** Reports the outcome of an utterance to captions and programs. */
export function reportUtterance(
  draft: Draft,
  { by, name }: TurnState,
  utterance: UtteranceState,
  end: UtteranceOutcome,
  reason?: IgnoreReason,
): void {
  emitFact(draft, { kind: 'utterance-over', utterance, by, name, end, why: reason });
}

function separateOpenSpeech(draft: Draft, turn: TurnState) {
  const { by, endedMs, name, openSpeech } = turn;
  if (openSpeech.length === 0) return;
  const separated = openSpeech.map((utterance) => ({
    ...utterance,
    continuesTurn: utterance.continuesTurn || turn.parts.length > 0,
  }));
  addTurn(draft, by, endedMs, { name, openSpeech: separated });
}

/** After these ends a question stays in the history if its answer had begun. */
const rememberedEnds: readonly string[] = ['stopped', 'late', 'muted', 'interrupted'];

/** Ends a turn early. A heard reply is cut, and `endTurn` follows when its last words are known. */
export function dropTurn(draft: Draft, turn: TurnState, reason: EarlyEnd): void {
  // `over` brings the words that were heard. After a no, none of them is kept.
  const heardReply = findHeardReply(draft, turn.id);
  stopTurnRuns(draft, turn.id);
  if (heardReply) cutReply(draft, heardReply, reason);
  else stopAnswer(draft, turn);
  if (heardReply && reason !== 'withdrawn') return;
  const isCurrent = draft.turnQueue.current?.id === turn.id;
  if (isCurrent) noteAnswerOver(draft, turn.by, '');
  if (isCurrent && rememberedEnds.includes(reason))
    rememberExchange(draft, turn, '', reason);
  endTurn(draft, turn, reason);
}

/** Silences the current reply. `over` follows when the words that were heard are known. */
export function cutReply(draft: Draft, current: CurrentReply, reason: EarlyEnd): void {
  if (current.phase.kind === 'cut') return;
  emitEffect(draft, { do: 'cut', reply: current.reply });
  current.phase = { kind: 'cut', why: reason };
  current.wholeText = undefined;
}

/** Silences the answer to a question that goes on. The turn is then answered anew, with all of its words. */
export function takeBackReply(
  draft: Draft,
  turn: TurnState,
  current: CurrentReply,
): void {
  cutReply(draft, current, 'interrupted');
  stopReadingRuns(draft, turn);
  leaveQueue(draft, turn.id);
  turn.answer = undefined;
}

/** Ends the current reply after its clause. */
export function finishReplyClause(
  draft: Draft,
  current: CurrentReply,
  reason: EarlyEnd,
): void {
  // Without a sounding clause, the reply is cut: its next clause may wait for a tool.
  const { phase } = current;
  if (phase.kind === 'finishing') return;
  if (phase.kind !== 'sounding' || phase.isStarved) {
    cutReply(draft, current, reason);
    return;
  }
  emitEffect(draft, { do: 'finish-clause', reply: current.reply });
  current.phase = { kind: 'finishing', why: reason };
  current.haltedAfter = undefined;
}

/** Drops an awaited turn, and says so on the panel, or in the chat if the process ends. */
export function loseTurn(
  draft: Draft,
  turn: TurnState,
  reason: DroppedTurnReason,
): void {
  const { by, name } = turn;
  if (reason === 'ending') emitEffect(draft, { do: 'notice', line: 'unanswered' });
  else noteDroppedTurn(draft, by);
  const phase = getPhase(turn, draft);
  emitFact(draft, { kind: 'dropped', by, name, why: reason, phase });
  dropTurn(draft, turn, reason);
}

/** Drops the turns of a person who has left. An answer that others hear ends with its clause. */
export function dropTurnsOfLeaver(draft: Draft, by: PersonId): void {
  for (const turn of draft.turns) {
    if (turn.by !== by || turn.request !== undefined) continue;
    const heardReply = findHeardReply(draft, turn.id);
    if (heardReply) finishReplyClause(draft, heardReply, 'late');
    else loseTurn(draft, turn, 'late');
  }
}

/** Ends an announcement that does not sound, and reports its outcome. */
export function endAnnouncement(
  draft: Draft,
  announcement: Announcement,
  end: TurnEnd,
): void {
  const { id, isInterruptible, isOwn, request } = announcement;
  leaveQueue(draft, id);
  draft.turnQueue.announcements = draft.turnQueue.announcements.filter(
    (each) => each !== announcement,
  );
  if (!isOwn && isInterruptible && end === 'completed') markWaitingTurns(draft);
  if (request !== undefined) emitEffect(draft, { do: 'report', request, outcome: end });
}

/** Drops an announcement. One that sounds ends when the words that were heard are known. */
export function dropAnnouncement(
  draft: Draft,
  announcement: Announcement,
  reason: EarlyEnd,
): void {
  const { current } = draft.turnQueue;
  if (current?.id === announcement.id) cutReply(draft, current, reason);
  else endAnnouncement(draft, announcement, reason);
}

/** Drops a turn or an announcement, if it still exists. */
export function dropEntry(draft: Draft, id: Id, reason: EarlyEnd): void {
  const turn = findTurn(draft, id);
  const announcement = findAnnouncement(draft, id);
  if (turn) dropTurn(draft, turn, reason);
  if (announcement) dropAnnouncement(draft, announcement, reason);
}

/** Puts the current reply back to the head of the queue, to be made anew. */
export function requeueReply(draft: Draft, { id, reply }: CurrentReply): void {
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

/**
 * Begins answers anew if the prompts held words of other people, and nothing was heard, or only the words before a tool
 * that still runs. Another one goes on, and asks its model no more.
 */
export function renewForeignAnswers(draft: Draft): void {
  for (const turn of draft.turns) {
    const { current } = draft.turnQueue;
    const { answer } = turn;
    // These words may be gone now.
    if (!answer?.hasForeignWords) continue;
    const heardReply = findHeardReply(draft, turn.id);
    const isHeld =
      heardReply?.phase.kind === 'sounding' && isHeldByTool(draft.tools, answer.id);
    if (heardReply && !isHeld) answer.isClosed = true;
    else if (current?.id === turn.id) requeueReply(draft, current);
    else discardAnswer(draft, turn);
  }
}

/** Stops the answer that sounds if its prompt held words of other people. Nothing of it is kept. */
export function eraseForeignAnswer(draft: Draft): void {
  for (const turn of draft.turns) {
    if (!turn.answer?.hasForeignWords || !findHeardReply(draft, turn.id)) continue;
    turn.answer.isErased = true;
    dropTurn(draft, turn, 'stopped');
  }
}

/** Drops all turns and announcements. Open speech stays, and may become a turn again. */
export function dropEverything(draft: Draft, reason: EarlyEnd): void {
  for (const turn of draft.turns) {
    if (turn.parts.length > 0 || isQueued(draft.turnQueue, turn.id))
      dropTurn(draft, turn, reason);
    else discardAnswer(draft, turn);
  }
  for (const announcement of draft.turnQueue.announcements)
    dropAnnouncement(draft, announcement, reason);
}

/** Adds a turn and the words that people heard of its answer to the history. */
export function rememberExchange(
  draft: Draft,
  turn: TurnState,
  heardText: string,
  end: TurnEnd,
): void {
  const exchange = toExchange(draft.presence, turn, heardText, end);
  if (exchange) addExchange(draft, exchange);
}

function toExchange(
  presence: Presence,
  turn: TurnState,
  heardText: string,
  end: TurnEnd,
): HistoryExchange | undefined {
  const { answer, by, name } = turn;
  const transcript = joinTranscript(turn.parts);
  const heard = answer?.isErased ? '' : heardText;
  if (hasRefused(presence, by) || (transcript === '' && heard === '')) return undefined;
  return {
    by,
    name,
    isOwn: answer?.hasForeignWords === false,
    words: transcript,
    heard,
    isOver: heard === '' && rememberedEnds.includes(end),
    languageOrder: answer?.languageOrder,
  };
}

function addExchange(draft: Draft, exchange: HistoryExchange) {
  const exchanges = [...draft.history.exchanges, exchange];
  const { maxExchanges } = draft.step.rules;
  // Servers keep what they computed for the beginning of a prompt. Cut at each exchange it would begin anew each time.
  const isTooLong = exchanges.length > maxExchanges;
  setHistory(draft, isTooLong ? exchanges.slice(maxExchanges / 2) : exchanges);
}

/** Removes a person's exchanges from a history. */
export function removeFromHistory(
  { exchanges, version }: History,
  personId: PersonId,
): History {
  return { version, exchanges: exchanges.filter(({ by }) => by !== personId) };
}

/** Replaces the history. Answers that were begun on the former one are outdated. */
export function setHistory(draft: Draft, exchanges: readonly HistoryExchange[]): void {
  // Answers on the former version become outdated.
  draft.history = { version: draft.history.version + 1, exchanges };
}

/** Returns whether no character of a name could look like a part of the prompt. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{M}\p{N}' .-]{1,32}$/u.test(name);
}

function hasForeignHistory(
  { presence, history }: Draft,
  turn: TurnState,
  supposed: HistoryExchange | undefined,
) {
  const { by, changes } = turn;
  const exchanges = [...history.exchanges, ...(supposed ? [supposed] : [])];
  const isForeign = exchanges.some((exchange) => exchange.by !== by || !exchange.isOwn);
  const hasResult = changes.some(
    ({ quotesOthers, state }) => quotesOthers && state !== 'running',
  );
  const isNamed = isPlainName(presence.people.find(({ id }) => id === by)?.name ?? '');
  return isForeign || hasResult || (turn.parts.length > 0 && !isNamed);
}
