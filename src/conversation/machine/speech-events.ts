import type { PersonId } from '#src/base/ids.ts';
import { hasSameWords } from '#src/turn/addressing/names.ts';
import { hasVoice, noEvidence } from '#src/turn/voice-evidence.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  findOpenSpeech,
  getVoiceEndMs,
  hasRefused,
  isListenedTo,
  isRequested,
  isSpeaking,
  joinTranscript,
  leaveQueue,
  mayHearPerson,
  type OpenSpeech,
} from './draft.ts';
import type { EventOf } from './events.ts';
import type { CurrentReply, Id, TurnState, UtteranceState } from './state.ts';
import {
  discardAnswer,
  discardUnheardAnswer,
  voidSpokenYes,
} from './tool-decisions.ts';
import {
  canPreempt,
  findTranscriptNeed,
  noteAnswerOver,
  updateAttention,
} from './turn-addressing.ts';
import { addTurn, beginTurnAnswer, takeBackReply } from './turn-lifecycle.ts';
import { queueTurn } from './turn-queue.ts';

/** Handlers of events about utterances, their transcripts and typed questions, for `stepConversation`. */
export const speechHandlers: Pick<
  EventHandlers,
  | 'began'
  | 'name-judged'
  | 'paused'
  | 'resumed'
  | 'overlaid'
  | 'partial'
  | 'words'
  | 'unrecognised'
  | 'likely-over'
  | 'ended'
  | 'typed'
> = {
  began(draft, event) {
    // A speaker that goes on soon reopens the turn.
    const { by, canHearName, fromMs, isCaptioned } = event;
    if (!mayHearPerson(draft.presence, by)) return;
    voidSpokenYes(draft.tools, by);
    const continued = findContinuedTurn(draft, by, fromMs);
    if (continued) reopenTurn(draft, continued);
    const turn = continued ?? addTurn(draft, by, fromMs);
    const utterance = createUtterance(draft, event);
    turn.openSpeech = [...turn.openSpeech, utterance];
    const need = isCaptioned ? 'words' : findTranscriptNeed(draft, { turn, utterance });
    if (need === 'words') utterance.recognition = 'listening';
    if (need === 'name') utterance.recognition = canHearName ? 'unnamed' : 'listening';
  },

  'name-judged'(draft, event) {
    const { isCostly, isPausing, mayBeNamed, utterance: id } = event;
    const speech = findOpenSpeech(draft, id);
    if (speech?.utterance.recognition !== 'unnamed') return;
    const { turn, utterance } = speech;
    utterance.recognition = mayBeNamed ? 'listening' : 'off';
    // Words that follow others for the bot need no name, whichever of them is judged first.
    const follows = (other: UtteranceState) => other.id >= id;
    for (const other of turn.openSpeech.filter(follows)) {
      beginListening(draft, { turn, utterance: other });
      if (isListenedTo(other) && other.isEnded)
        requestTranscript(draft, { turn, utterance: other });
    }
    if (!isPausing || isCostly || utterance.isEnded || !isListenedTo(utterance)) return;
    if (!hasVoice(utterance.heard.evidence)) return;
    utterance.times.toMs = utterance.times.pausedMs;
    requestTranscript(draft, speech);
  },

  paused(draft, event) {
    const { atMs, evidence, isCostly, isLong, utterance: id } = event;
    const speech = findOpenSpeech(draft, id);
    if (!speech) return;
    const { heard: heardUtterance, times } = speech.utterance;
    if (!isLong) times.pausedMs = atMs;
    if (speech.utterance.recognition === 'requested' || !hasVoice(evidence)) return;
    heardUtterance.evidence = evidence;
    beginListening(draft, speech);
    if (speech.utterance.recognition !== 'listening' || isCostly) return;
    times.toMs = atMs;
    requestTranscript(draft, speech);
    if (heardUtterance.partial !== undefined)
      beginPreemptiveAnswer(draft, speech, heardUtterance.partial, false);
  },

  resumed(draft, { utterance: id }) {
    const speech = findOpenSpeech(draft, id);
    if (!speech) return;
    const { turn, utterance } = speech;
    if (turn.answer?.lastUtterance === id) discardUnheardAnswer(draft, turn);
    utterance.heard.words = undefined;
    utterance.heard.failure = undefined;
    emitEffect(draft, { do: 'cancel-recognition', utterance: id });
    if (isRequested(utterance)) utterance.recognition = 'listening';
  },

  overlaid(draft, { utterance: id }) {
    const utterance = findOpenSpeech(draft, id)?.utterance;
    if (utterance) utterance.isOverlaid = true;
  },

  partial(draft, event) {
    const { atMs, isStreamed = true, text, utterance: id } = event;
    const speech = findOpenSpeech(draft, id);
    if (!speech) return;
    const { heard: heardUtterance, isEnded, times } = speech.utterance;
    heardUtterance.understood = text;
    if (!isStreamed) return;
    heardUtterance.partial = text;
    const isOfPause =
      isRequested(speech.utterance) && !isEnded && heardUtterance.words === undefined;
    if (!isOfPause || atMs - times.pausedMs > draft.step.rules.latePartialMs) return;
    discardWrongGuess(draft, speech, text);
    beginPreemptiveAnswer(draft, speech, text, false);
  },

  words(draft, event) {
    const { language, pause, text, utterance: id } = event;
    const speech = findRequestedSpeech(draft, id, pause);
    if (!speech) return;
    const { heard: heardUtterance } = speech.utterance;
    discardWrongGuess(draft, speech, text);
    heardUtterance.language = language;
    heardUtterance.words = heardUtterance.understood = text;
    heardUtterance.recognisedMs = event.atMs;
  },

  unrecognised(draft, event) {
    const { error, pause, utterance: id } = event;
    const speech = findRequestedSpeech(draft, id, pause);
    if (speech) speech.utterance.heard.failure = { error };
  },

  /** Begins a preemptive answer, on sound alone where any words are answered. */
  'likely-over'(draft, event) {
    const speech = findOpenSpeech(draft, event.utterance);
    if (!speech) return;
    const { utterance } = speech;
    utterance.heard.evidence = event.evidence;
    if (!isRequested(utterance)) requestTranscript(draft, speech, event.isCostly);
    beginPreemptiveAnswer(draft, speech, utterance.heard.words, true);
  },

  ended: endUtterance,

  typed(draft, { atMs, by, name, request, text }) {
    // After a no the answer to a typed question is written.
    if (hasRefused(draft.presence, by)) {
      emitEffect(draft, { do: 'report', request, outcome: 'withdrawn' });
      return;
    }
    const fields = { name, request, parts: [{ utterance: 0, words: text }] };
    queueTurn(draft, addTurn(draft, by, atMs, fields));
  },
};

function createUtterance(
  { presence, turnQueue }: Draft,
  { by, fromMs, hints, utterance: id }: EventOf<'began'>,
): UtteranceState {
  return {
    id,
    times: { fromMs, toMs: fromMs, pausedMs: fromMs, endedMs: fromMs },
    heard: {
      evidence: noEvidence,
      hints,
      understood: '',
      isTooLong: false,
    },
    isEnded: false,
    recognition: 'off',
    pauseNumber: 0,
    isOverlapping: isSpeaking(turnQueue),
    isOverlaid: false,
    isAlone: presence.people.every((person) => person.isBot || person.id === by),
    continuesTurn: false,
  };
}

function findContinuedTurn(draft: Draft, by: PersonId, fromMs: number) {
  const spokenTurns = draft.turns.filter(
    (turn) => turn.by === by && turn.request === undefined,
  );
  return spokenTurns.findLast((turn) => {
    const toMs = turn.openSpeech.map(({ times }) => times.toMs);
    const lastMs = Math.max(getVoiceEndMs(turn), ...toMs);
    const isSoon = fromMs - lastMs <= draft.step.rules.mergeMs;
    return isSoon || isAnsweredTooSoon(draft, turn, fromMs);
  });
}

/** Returns whether the answer to a turn had just begun to sound, so that its asker was not done. */
function isAnsweredTooSoon(
  { step, turnQueue }: Draft,
  { id }: TurnState,
  fromMs: number,
) {
  const { current } = turnQueue;
  if (current?.id !== id || !isSpeaking(turnQueue)) return false;
  return fromMs - (current.heardFromMs ?? fromMs) <= step.rules.goesOnMs;
}

function reopenTurn(draft: Draft, turn: TurnState) {
  // Barge-in decides about a turn that is heard.
  const { current } = draft.turnQueue;
  if (findHeardReply(draft, turn.id)) return;
  leaveQueue(draft, turn.id);
  if (current?.id !== turn.id) return;
  noteAnswerOver(draft, turn.by, '');
  discardAnswer(draft, turn);
}

/** Asks the recogniser for a transcript now, or at the end of the utterance if `isDeferred`. */
function requestTranscript(draft: Draft, speech: OpenSpeech, isDeferred = false) {
  const { utterance } = speech;
  beginListening(draft, speech);
  if (!isListenedTo(utterance)) return;
  utterance.pauseNumber++;
  utterance.recognition = 'deferred';
  if (!isDeferred) emitTranscriptRequest(draft, utterance);
}

function emitTranscriptRequest(draft: Draft, utterance: UtteranceState) {
  const { id, pauseNumber: pause } = utterance;
  utterance.recognition = 'requested';
  emitEffect(draft, { do: 'recognise', utterance: id, pause });
}

function beginListening(draft: Draft, speech: OpenSpeech) {
  // Words that were not needed at first may be needed by now.
  const { utterance } = speech;
  if (isListenedTo(utterance)) return;
  const need = findTranscriptNeed(draft, speech);
  // The local recogniser listens for the name from the begin on, or not at all.
  const isUnjudged = utterance.recognition === 'off' && !utterance.isEnded;
  if (need === 'words' || (need === 'name' && isUnjudged))
    utterance.recognition = 'listening';
}

function findRequestedSpeech(draft: Draft, id: Id, pause: number) {
  const speech = findOpenSpeech(draft, id);
  const isCurrent =
    speech?.utterance.pauseNumber === pause && isRequested(speech.utterance);
  return isCurrent ? speech : undefined;
}

function discardWrongGuess(
  draft: Draft,
  { turn, utterance }: OpenSpeech,
  text: string,
) {
  const { answer } = turn;
  if (answer?.words === undefined || answer.lastUtterance !== utterance.id) return;
  if (!hasSameWords(answer.words, joinTranscript(turn.parts, text)))
    discardUnheardAnswer(draft, turn);
}

/** Ends utterances whose words are being recognised, since no sound comes any more. */
export function endPausedUtterances(draft: Draft): void {
  const endedMs = draft.step.atMs;
  for (const utterance of draft.turns.flatMap((turn) => turn.openSpeech)) {
    if (!isRequested(utterance) || utterance.isEnded) continue;
    utterance.isOverlaid = true;
    const { heard: heardUtterance, id, times } = utterance;
    endUtterance(draft, { ...heardUtterance, ...times, utterance: id, endedMs });
  }
}

function endUtterance(draft: Draft, event: Omit<EventOf<'ended'>, 'atMs' | 'kind'>) {
  const { endedMs, evidence, isTooLong = false, toMs, utterance: id } = event;
  const speech = findOpenSpeech(draft, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  const { heard: heardUtterance, times } = utterance;
  times.toMs = toMs;
  times.endedMs = endedMs;
  heardUtterance.evidence = evidence;
  heardUtterance.isTooLong = isTooLong;
  utterance.isEnded = true;
  updateAttention(draft, {
    kind: 'talked',
    personId: turn.by,
    ms: toMs - times.fromMs,
    atMs: draft.step.atMs,
  });
  if (!hasVoice(evidence)) return;
  if (utterance.recognition === 'deferred') emitTranscriptRequest(draft, utterance);
  else if (utterance.recognition !== 'requested') requestTranscript(draft, speech);
}

function isHalted({ haltedAfter, phase }: CurrentReply) {
  return phase.kind === 'sounding' && haltedAfter !== undefined;
}

/** Begins a preemptive answer if allowed, in place of one that lacks the newest words, also where it is heard and paused. */
function beginPreemptiveAnswer(
  draft: Draft,
  speech: OpenSpeech,
  text: string | undefined,
  isFinal: boolean,
) {
  const { turn, utterance } = speech;
  const { answer } = turn;
  const heardReply = findHeardReply(draft, turn.id);
  const isBegun = text === undefined || answer?.lastUtterance === utterance.id;
  if (heardReply ? !isHalted(heardReply) : answer && isBegun) return;
  if (!canPreempt(draft, speech, text, isFinal)) return;
  if (heardReply) takeBackReply(draft, turn, heardReply);
  else discardAnswer(draft, turn);
  const transcript = text === undefined ? undefined : joinTranscript(turn.parts, text);
  beginTurnAnswer(draft, turn, transcript);
}
