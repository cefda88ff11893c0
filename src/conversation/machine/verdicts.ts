import type { UtteranceCommand, UtteranceDecision } from '#src/turn/answerable.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import { decide } from './addressing.ts';
import { askTurn, noteFailure } from './floor.ts';
import { type Draft, emit, isOnFloor, type OpenSpeech, removeTurn, turnOf } from './questions.ts';
import { dropTurn, endUtterance, forgetSounds, reportUtterance } from './replies.ts';
import { dropUnheard } from './replying.ts';
import type { Id, TurnState, UtteranceState } from './state.ts';
import { acceptYes, closeSpokenQuestions, discardAnswer, takeNo } from './tools.ts';

type AnswerDecision = Extract<UtteranceDecision, { kind: 'answer' | 'answer-with-rest' }>;
type NoAnswerDecision = Extract<UtteranceDecision, { kind: 'command' | 'ignore' }>;

/** Decides every utterance whose words and predecessors are known. */
export function decideAll(draft: Draft): void {
  for (let due = nextDecision(draft); due; due = nextDecision(draft)) decideOne(draft, due);
}

function nextDecision(draft: Draft): OpenSpeech | undefined {
  for (const turn of draft.turns) {
    const [first] = turn.open;
    if (first && isDecidable(first)) return { turn, utterance: first };
  }
  return undefined;
}

function isDecidable({ evidence, failure, isEnded, isRecognised, words }: UtteranceState) {
  if (!isEnded) return false;
  return (words ?? failure) !== undefined || !isRecognised || !hasVoice(evidence);
}

function decideOne(draft: Draft, speech: OpenSpeech) {
  const { turn, utterance } = speech;
  const decision = decide(draft, speech);
  turn.open = turn.open.filter((one) => one !== utterance);
  if (!isNothing(decision) && !isYesOrNo(decision)) closeSpokenQuestions(draft, turn.by, utterance);
  if (decision.kind === 'answer' || decision.kind === 'answer-with-rest')
    addPart(draft, turn, utterance, decision);
  else ignore(draft, turn, utterance, decision);
}

/** Adds words that are for the bot to their turn, and queues it unless its speaker goes on. */
function addPart(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  decision: AnswerDecision,
) {
  const { endedMs, failure, id, recognisedMs, toMs, words = '' } = utterance;
  const all = [...turn.parts, { utterance: id, words, failure, recognisedMs }];
  const { mostParts } = draft.rules;
  forgetSounds(draft, all.slice(0, -mostParts));
  turn.parts = all.slice(-mostParts);
  turn.endedMs = endedMs;
  turn.voiceMs = toMs;
  reportUtterance(draft, turn, utterance, 'meant');
  if (decision.kind === 'answer-with-rest') return;
  askTurn(draft, turn);
  emit(draft, { do: 'overheard', by: turn.by, ...decision.overlap });
}

function ignore(
  draft: Draft,
  turn: TurnState,
  utterance: UtteranceState,
  decision: NoAnswerDecision,
) {
  const end = isNothing(decision) ? 'nothing' : 'other';
  const { evidence, failure } = utterance;
  endUtterance(draft, turn, utterance, end, decision.why);
  if (failure && hasVoice(evidence) && noteFailure(draft, 'recognise'))
    emit(draft, { do: 'notice', line: 'unrecognised', by: turn.by, error: failure.error }); // read once
  if (decision.overlap) emit(draft, { do: 'overheard', by: turn.by, ...decision.overlap });
  if (decision.dropsUnheard) dropUnheard(draft);
  const endsTurn = decision.kind === 'command' && obey(draft, turn, utterance, decision.command);
  if (endsTurn) stopTurn(draft, turn.id);
  else restoreTurn(draft, turn.id);
}

/** Obeys a command. True where the question that it followed is over. */
function obey(
  draft: Draft,
  { by }: TurnState,
  utterance: UtteranceState,
  command: UtteranceCommand,
): boolean {
  const { atMs } = draft;
  switch (command.kind) {
    case 'never-mind':
      dropWaiting(draft, by);
      return true;
    case 'stop':
      return true;
    case 'yes':
      acceptYes(draft, by, utterance);
      return false;
    case 'no':
      takeNo(draft, by);
      return false;
    case 'overlap':
      return false;
    case 'spoken': {
      const isNo = command.command === 'doNotHear';
      if (isNo) draft.raised.push({ kind: 'answered-consent', atMs, by, answer: 'no' });
      else draft.raised.push({ kind: 'paused-hearing', atMs, isPaused: true });
      emit(draft, { do: 'obey', command: command.command, by });
      return !isNo;
    }
  }
}

/** Drops what a person waits for in the queue. */
function dropWaiting(draft: Draft, by: PersonId) {
  for (const turn of draft.turns) {
    const isWaiting = draft.floor.queue.includes(turn.id);
    if (isWaiting && turn.by === by) dropTurn(draft, turn, 'stopped');
  }
}

/** Ends a question that its speaker stopped before anything of its answer was heard. */
function stopTurn(draft: Draft, id: Id) {
  const turn = turnOf(draft, id);
  if (!turn || isOnFloor(draft, id)) return;
  if (turn.parts.length > 0) dropTurn(draft, turn, 'stopped');
  else dropEmptyTurn(draft, turn);
}

/** The rest was nothing, or for others. The question is answered as it was. */
function restoreTurn(draft: Draft, id: Id) {
  const turn = turnOf(draft, id);
  if (!turn || turn.open.length > 0 || isOnFloor(draft, id)) return;
  if (turn.parts.length > 0) askTurn(draft, turn);
  else dropEmptyTurn(draft, turn);
}

function dropEmptyTurn(draft: Draft, turn: TurnState) {
  if (turn.open.length > 0) return;
  discardAnswer(draft, turn);
  removeTurn(draft, turn);
}

/** Ends utterances that are not finished. Questions before them are answered as they were. */
export function breakOff(
  draft: Draft,
  isBroken: (turn: TurnState, utterance: UtteranceState) => boolean,
): void {
  for (const { id: turnId } of draft.turns) {
    const turn = turnOf(draft, turnId);
    const broken = turn?.open.filter((one) => isBroken(turn, one)) ?? [];
    if (!turn || broken.length === 0) continue;
    turn.open = turn.open.filter((one) => !broken.includes(one));
    for (const one of broken) endUtterance(draft, turn, one, 'broken-off');
    restoreTurn(draft, turnId);
  }
}

function isNothing(decision: UtteranceDecision) {
  return decision.kind === 'ignore' && decision.isNothing;
}

function isYesOrNo(decision: UtteranceDecision) {
  return decision.kind === 'command' && ['yes', 'no'].includes(decision.command.kind);
}
