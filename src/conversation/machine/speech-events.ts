import { hasSameWords } from '#src/turn/addressing/names.ts';
import { hasVoice, noEvidence } from '#src/turn/voice-evidence.ts';
import type { EventOf } from './events.ts';
import {
  type Draft,
  type EventHandlers,
  emitEffect,
  findHeardReply,
  findOpenSpeech,
  getVoiceEndMs,
  hasRefused,
  isSpeaking,
  joinTranscript,
  leaveQueue,
  mayHear,
  type OpenSpeech,
} from './selectors.ts';
import type { Id, TurnState, UtteranceState } from './state.ts';
import {
  discardAnswer,
  discardUnheardAnswer,
  voidSpokenYes,
} from './tool-decisions.ts';
import {
  canPreempt,
  needsTranscript,
  noteAnswerOver,
  updateAttention,
} from './turn-addressing.ts';
import { addTurn, beginTurnAnswer, dropTurn } from './turn-lifecycle.ts';
import { queueTurn } from './turn-queue.ts';

export const speechHandlers = {
  began(draft, event) {
    // A speaker that goes on soon reopens the turn.
    const { by, fromMs, isCaptioned } = event;
    if (!mayHear(draft.presence, by)) return;
    voidSpokenYes(draft.tools, by);
    const continued = findContinuedTurn(draft, by, fromMs);
    if (continued) reopenTurn(draft, continued);
    const turn = continued ?? addTurn(draft, by, fromMs);
    const utterance = createUtterance(draft, event);
    turn.openSpeech = [...turn.openSpeech, utterance];
    beginListening(draft, { turn, utterance }, isCaptioned);
  },

  paused(draft, event) {
    const { atMs, evidence, isCostly, isLong, utterance: id } = event;
    const speech = findOpenSpeech(draft, id);
    if (speech && !isLong) speech.utterance.pausedMs = atMs;
    if (!speech || isTranscriptRequested(speech.utterance) || !hasVoice(evidence))
      return;
    const { utterance } = speech;
    utterance.evidence = evidence;
    beginListening(draft, speech);
    const { isDeferred, isRecognised, partial: text } = utterance;
    if (isRecognised && !isCostly && !isDeferred) {
      utterance.toMs = atMs;
      requestTranscript(draft, speech);
      if (text !== undefined) beginPreemptiveAnswer(draft, speech, text, false);
    } else if (isLong || !isRecognised) {
      emitEffect(draft, { do: 'endpoint', utterance: id, text: undefined });
    }
  },

  /** Discards the transcript of an utterance that goes on, and the answer on it. */
  resumed(draft, { utterance: id }) {
    const speech = findOpenSpeech(draft, id);
    if (!speech) return;
    const { turn, utterance } = speech;
    if (turn.answer?.lastUtterance === id) discardUnheardAnswer(draft, turn);
    utterance.words = undefined;
    utterance.failure = undefined;
    emitEffect(draft, { do: 'cancel-recognition', utterance: id });
    utterance.isRequested = false;
    utterance.isDeferred = false;
  },

  overlaid(draft, { utterance: id }) {
    const utterance = findOpenSpeech(draft, id)?.utterance;
    if (utterance) utterance.isOverlaid = true;
  },

  partial(draft, event) {
    const { atMs, isStreamed = true, text, utterance: id } = event;
    const speech = findOpenSpeech(draft, id);
    if (!speech) return;
    const { utterance } = speech;
    utterance.understood = text;
    if (!isStreamed) return;
    utterance.partial = text;
    const { isEnded, isRequested, pausedMs, words: known } = utterance;
    const isOfPause = isRequested && !isEnded && known === undefined;
    if (!isOfPause || atMs - pausedMs > draft.step.rules.latePartialMs) return;
    discardWrongGuess(draft, speech, text);
    beginPreemptiveAnswer(draft, speech, text, false);
  },

  /** Stores words recognised in the latest pause, and discards an answer on different words. */
  words(draft, event) {
    const { language, pause, text, utterance: id } = event;
    const speech = findRequestedSpeech(draft, id, pause);
    if (!speech) return;
    const { utterance } = speech;
    discardWrongGuess(draft, speech, text);
    utterance.language = language;
    utterance.words = utterance.understood = text;
    utterance.recognisedMs = event.atMs;
    if (!utterance.isEnded) emitEffect(draft, { do: 'endpoint', utterance: id, text });
  },

  unrecognised(draft, event) {
    const { error, pause, utterance: id } = event;
    const speech = findRequestedSpeech(draft, id, pause);
    if (!speech) return;
    const { utterance } = speech;
    utterance.failure = { error };
    if (!utterance.isEnded)
      emitEffect(draft, { do: 'endpoint', utterance: id, text: '' });
  },

  /** Begins a preemptive answer, on sound alone where any words are answered. */
  'likely-over'(draft, event) {
    const speech = findOpenSpeech(draft, event.utterance);
    if (!speech) return;
    const { utterance } = speech;
    utterance.evidence = event.evidence;
    if (!utterance.isRequested) requestTranscript(draft, speech, event.isCostly);
    beginPreemptiveAnswer(draft, speech, utterance.words, true);
  },

  ended: endUtterance,

  typed(draft, { atMs, by, name, request, text }) {
    // After a no the answer to a typed question is written.
    if (hasRefused(draft.presence, by)) {
      emitEffect(draft, { do: 'report', request, outcome: 'withdrawn' });
      return;
    }
    const former = draft.turns.find(
      (one) =>
        one.by === by &&
        one.request !== undefined &&
        draft.turnQueue.waiting.includes(one.id),
    );
    if (former) dropTurn(draft, former, 'interrupted');
    const parts = [{ utterance: 0, words: text }];
    queueTurn(draft, addTurn(draft, by, atMs, { name, request, parts }));
  },
} satisfies Partial<EventHandlers>;

function createUtterance({ presence, turnQueue }: Draft, event: EventOf<'began'>) {
  const { by, fromMs, hints, utterance: id } = event;
  return {
    id,
    fromMs,
    toMs: fromMs,
    isEnded: false,
    endedMs: fromMs,
    pauseNumber: 0,
    isRecognised: false,
    isRequested: false,
    isDeferred: false,
    words: undefined,
    recognisedMs: undefined,
    language: undefined,
    failure: undefined,
    partial: undefined,
    understood: '',
    pausedMs: fromMs,
    evidence: noEvidence,
    hints,
    isOverlapping: isSpeaking(turnQueue),
    isOverlaid: false,
    isAlone: presence.people.every((one) => one.isBot || one.id === by),
    continuesTurn: false,
    isTooLong: false,
  };
}

function findContinuedTurn({ step, turns }: Draft, by: PersonId, fromMs: number) {
  const own = turns.filter((one) => one.by === by && one.request === undefined);
  return own.findLast((turn) => {
    const toMs = turn.openSpeech.map((one) => one.toMs);
    const lastMs = Math.max(getVoiceEndMs(turn), ...toMs);
    return fromMs - lastMs <= step.rules.mergeMs;
  });
}

/** Removes a turn and its unheard answer from the queue, because its asker goes on speaking. */
function reopenTurn(draft: Draft, turn: TurnState) {
  // Barge-in decides about a turn that is heard.
  const { current } = draft.turnQueue;
  if (findHeardReply(draft, turn.id)) return;
  leaveQueue(draft, turn.id);
  if (current?.id !== turn.id) return;
  noteAnswerOver(draft, turn.by, '');
  discardAnswer(draft, turn);
}

/** Returns whether a request has reached the recogniser, as a deferred one has not. */
export function isTranscriptRequested({
  isDeferred,
  isRequested,
}: UtteranceState): boolean {
  return isRequested && !isDeferred;
}

/** Asks the recogniser for a transcript now, or at the end of the utterance if `isDeferred`. */
function requestTranscript(draft: Draft, speech: OpenSpeech, isDeferred = false) {
  const { utterance } = speech;
  beginListening(draft, speech);
  if (!utterance.isRecognised) return;
  utterance.pauseNumber++;
  utterance.isRequested = true;
  utterance.isDeferred = isDeferred;
  if (!isDeferred) emitTranscriptRequest(draft, utterance);
}

function emitTranscriptRequest(
  draft: Draft,
  { id: utterance, pauseNumber }: UtteranceState,
) {
  emitEffect(draft, { do: 'recognise', utterance, pause: pauseNumber });
}

function beginListening(draft: Draft, speech: OpenSpeech, isCaptioned = false) {
  // Words that were not needed at first may be needed by now.
  const { turn, utterance } = speech;
  if (utterance.isRecognised) return;
  utterance.isRecognised = isCaptioned || needsTranscript(draft, speech);
  if (utterance.isRecognised)
    emitEffect(draft, { do: 'listen', utterance: utterance.id, by: turn.by });
}

function findRequestedSpeech(draft: Draft, id: Id, pause: number) {
  const speech = findOpenSpeech(draft, id);
  const isCurrent =
    speech?.utterance.pauseNumber === pause && speech.utterance.isRequested;
  return isCurrent ? speech : undefined;
}

/** Discards a preemptive answer if its partial words differ from the recognised words. */
function discardWrongGuess(
  draft: Draft,
  { turn, utterance }: OpenSpeech,
  text: string,
) {
  const { answer, parts } = turn;
  if (answer?.words === undefined || answer.lastUtterance !== utterance.id) return;
  if (!hasSameWords(answer.words, joinTranscript(parts, text)))
    discardUnheardAnswer(draft, turn);
}

export function endPausedUtterances(draft: Draft) {
  const endedMs = draft.step.atMs;
  for (const one of draft.turns.flatMap((turn) => turn.openSpeech)) {
    if (!one.isRequested || one.isEnded) continue;
    one.isOverlaid = true;
    endUtterance(draft, { ...one, utterance: one.id, endedMs });
  }
}

function endUtterance(draft: Draft, event: Omit<EventOf<'ended'>, 'atMs' | 'kind'>) {
  const { endedMs, evidence, isTooLong = false, toMs, utterance: id } = event;
  const speech = findOpenSpeech(draft, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  utterance.toMs = toMs;
  utterance.endedMs = endedMs;
  utterance.evidence = evidence;
  utterance.isTooLong = isTooLong;
  utterance.isEnded = true;
  updateAttention(draft, {
    kind: 'talked',
    personId: turn.by,
    ms: toMs - utterance.fromMs,
    atMs: draft.step.atMs,
  });
  if (!hasVoice(evidence)) return;
  if (utterance.isDeferred) emitTranscriptRequest(draft, utterance);
  else if (!utterance.isRequested) requestTranscript(draft, speech);
  utterance.isDeferred = false;
}

/** Begins a preemptive answer if allowed, in place of one that lacks the newest words. */
function beginPreemptiveAnswer(
  draft: Draft,
  speech: OpenSpeech,
  text: string | undefined,
  isFinal: boolean,
) {
  const { turn, utterance } = speech;
  const { answer, parts } = turn;
  if (findHeardReply(draft, turn.id)) return;
  if (answer && (text === undefined || answer.lastUtterance === utterance.id)) return;
  if (!canPreempt(draft, speech, text, isFinal)) return;
  discardAnswer(draft, turn);
  const words = text === undefined ? undefined : joinTranscript(parts, text);
  beginTurnAnswer(draft, turn, words);
}
