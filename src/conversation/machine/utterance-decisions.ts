import type { PersonId } from '#src/base/ids.ts';
import type {
  UtteranceCommand,
  UtteranceDecision,
} from '#src/turn/decide-utterance.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import {
  type Draft,
  emitEffect,
  findTurn,
  isQueued,
  mayHearPerson,
  type OpenSpeech,
  rememberFailure,
  removeTurn,
} from './draft.ts';
import type { EventOf } from './events.ts';
import { dropUnheardReply } from './reply-events.ts';
import type { Id, TurnState, UtteranceState, UtteranceTimes } from './state.ts';
import {
  acceptSpokenNo,
  acceptSpokenYes,
  closeSpokenConfirmations,
  discardAnswer,
  stopDetachedRuns,
} from './tool-decisions.ts';
import { decideLocalWords, decideWords } from './turn-addressing.ts';
import { dropTurn, reportUtterance } from './turn-lifecycle.ts';
import { queueTurn } from './turn-queue.ts';

/** Decides all utterances whose words are known, oldest first in each turn. */
export function decideUtterances(draft: Draft): void {
  const findDue = () => findDecidableSpeech(draft.turns);
  for (let due = findDue(); due; due = findDue()) decideSpeech(draft, due);
}

function findDecidableSpeech(turns: readonly TurnState[]) {
  for (const turn of turns) {
    const [utterance] = turn.openSpeech;
    if (utterance && isDecidable(utterance)) return { turn, utterance };
  }
  return undefined;
}

function isDecidable(utterance: UtteranceState) {
  if (!utterance.isEnded) return false;
  const { evidence, failure, words: transcript } = utterance.heard;
  const isKnown = (transcript ?? failure) !== undefined;
  return isKnown || utterance.recognition === 'off' || !hasVoice(evidence);
}

function decideSpeech(draft: Draft, speech: OpenSpeech) {
  const { turn, utterance } = speech;
  const decision = decideWords(draft, speech);
  turn.openSpeech = turn.openSpeech.filter((each) => each !== utterance);
  if (!isNothingSaid(decision) && !isYesOrNo(decision))
    closeSpokenConfirmations(draft.tools, turn.by, utterance.times.fromMs);
  if (decision.kind === 'answer' || decision.kind === 'answer-with-rest')
    addTurnPart(draft, turn, utterance, decision);
  else ignoreUtterance(draft, turn, utterance, decision);
}

function addTurnPart(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  decision: Extract<UtteranceDecision, { kind: 'answer' | 'answer-with-rest' }>,
) {
  const { failure, recognisedMs, words: transcript = '' } = utterance.heard;
  const { endedMs, pausedMs, toMs } = utterance.times;
  const turnParts = [
    ...turn.parts,
    {
      utterance: utterance.id,
      words: transcript,
      failure,
      pausedMs,
      recognisedMs,
      toMs,
    },
  ];
  const { maxParts } = draft.step.rules;
  turn.parts = turnParts.slice(-maxParts);
  turn.endedMs = endedMs;
  reportUtterance(draft, turn, utterance, 'meant');
  if (decision.kind === 'answer-with-rest') return;
  queueTurn(draft, turn);
  const { isMeant, what } = decision.overlap;
  // A question that waits anyway, or that was begun before, ends no answer.
  const isNext = draft.turnQueue.waiting[0] === turn.id && turn.parts.length === 1;
  emitEffect(draft, { do: 'overheard', by: turn.by, what, isMeant: isMeant && isNext });
}

function ignoreUtterance(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  decision: Extract<UtteranceDecision, { kind: 'command' | 'ignore' }>,
) {
  const end = isNothingSaid(decision) ? 'nothing' : 'other';
  const { evidence, failure } = utterance.heard;
  reportUtterance(draft, turn, utterance, end, decision.why);
  if (failure && hasVoice(evidence) && rememberFailure(draft.notes, 'recognise'))
    emitEffect(draft, {
      do: 'notice',
      line: 'unrecognised',
      error: failure.error,
    }); // Read once.
  if (decision.overlap)
    emitEffect(draft, { do: 'overheard', by: turn.by, ...decision.overlap });
  if (decision.dropsUnheard) dropUnheardReply(draft);
  const endsTurn =
    decision.kind === 'command' &&
    obeyCommand(draft, turn, utterance.times, decision.command);
  if (endsTurn) stopTurn(draft, turn.id);
  else restoreTurn(draft, turn.id);
}

/**
 * Obeys a stop, a no or another spoken command in words of the local recogniser. Everything else in them is dropped:
 * nothing is answered, remembered or reported.
 */
export function obeyLocalWords(draft: Draft, event: EventOf<'local-words'>): void {
  const { by, fromMs, isUnpaid, toMs } = event;
  if (!mayHearPerson(draft.presence, by)) return;
  const decision = decideLocalWords(draft, event);
  if (decision.kind === 'answer' && isUnpaid)
    emitEffect(draft, { do: 'tell-unpaid', by });
  if (decision.kind !== 'command') return;
  const { command, dropsUnheard, overlap } = decision;
  if (command.kind !== 'stop' && command.kind !== 'wish') return;
  if (overlap) emitEffect(draft, { do: 'overheard', by, ...overlap });
  if (dropsUnheard) dropUnheardReply(draft);
  const times = { fromMs, toMs, pausedMs: toMs, endedMs: toMs };
  obeyCommand(draft, { by }, times, command);
}

function obeyCommand(
  draft: Draft,
  { by }: Pick<TurnState, 'by'>,
  times: UtteranceTimes,
  command: UtteranceCommand,
) {
  const { atMs, raised } = draft.step;
  switch (command.kind) {
    case 'never-mind':
      dropWaitingTurns(draft, by);
      return true;
    case 'stop':
      // The sound of other tracks is no reply, so it is silenced outside.
      emitEffect(draft, { do: 'obey', wish: 'stop', by });
      if (stopDetachedRuns(draft))
        emitEffect(draft, { do: 'tell-progress', by, question: 'stop' });
      return true;
    case 'progress':
      emitEffect(draft, { do: 'tell-progress', by, question: command.question });
      return false;
    case 'yes':
      acceptSpokenYes(draft, by, times);
      return false;
    case 'no':
      acceptSpokenNo(draft, by);
      return false;
    case 'overlap':
      return false;
    case 'wish': {
      const { wish } = command;
      if (wish === 'no')
        raised.push({ kind: 'answered-consent', atMs, by, answer: 'no' });
      if (wish === 'pause')
        raised.push({ kind: 'paused-hearing', atMs, isPaused: true });
      emitEffect(draft, { do: 'obey', wish, by });
      return wish !== 'no';
    }
  }
}

function dropWaitingTurns(draft: Draft, by: PersonId) {
  for (const turn of draft.turns) {
    if (draft.turnQueue.waiting.includes(turn.id) && turn.by === by)
      dropTurn(draft, turn, 'stopped');
  }
}

function stopTurn(draft: Draft, id: Id) {
  const turn = findTurn(draft, id);
  if (!turn || isQueued(draft.turnQueue, id)) return;
  if (turn.parts.length > 0) dropTurn(draft, turn, 'stopped');
  else dropEmptyTurn(draft, turn);
}

function restoreTurn(draft: Draft, id: Id) {
  const turn = findTurn(draft, id);
  if (!turn || turn.openSpeech.length > 0 || isQueued(draft.turnQueue, id)) return;
  // Further speech had no words.
  if (turn.parts.length > 0) queueTurn(draft, turn);
  else dropEmptyTurn(draft, turn);
}

function dropEmptyTurn(draft: Draft, turn: TurnState) {
  if (turn.openSpeech.length > 0) return;
  discardAnswer(draft, turn);
  removeTurn(draft, turn);
}

/** Ends undecided utterances without an answer, and queues the words before them. */
export function breakOffUtterances(
  draft: Draft,
  isBroken: (turn: TurnState, utterance: UtteranceState) => boolean,
): void {
  for (const { id: turnId } of draft.turns) {
    const turn = findTurn(draft, turnId);
    const broken =
      turn?.openSpeech.filter((utterance) => isBroken(turn, utterance)) ?? [];
    if (!turn || broken.length === 0) continue;
    turn.openSpeech = turn.openSpeech.filter(
      (utterance) => !broken.includes(utterance),
    );
    for (const utterance of broken)
      reportUtterance(draft, turn, utterance, 'cancelled');
    restoreTurn(draft, turnId);
  }
}

function isNothingSaid(decision: UtteranceDecision) {
  return decision.kind === 'ignore' && decision.isNothing;
}

function isYesOrNo(decision: UtteranceDecision) {
  return decision.kind === 'command' && ['yes', 'no'].includes(decision.command.kind);
}
