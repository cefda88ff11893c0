import { sameWords } from '#src/turn/addressing/names.ts';
import { hasVoice, nothingHeard } from '#src/turn/voice-evidence.ts';
import { attend, mayBegin, needsWords, noteAnswered } from './addressing.ts';
import type { EventOf } from './events.ts';
import { askTurn } from './floor.ts';
import {
  type Draft,
  emit,
  hasRefused,
  isSpeaking,
  leaveFloor,
  mayHear,
  type OpenSpeech,
  openSpeech,
  soundOf,
  wordsOf,
} from './questions.ts';
import { addTurn, beginAnswer, dropTurn } from './replies.ts';
import type { Id, TurnState, UtteranceState } from './state.ts';
import { discardAnswer, discardUnheard, voidYes } from './tools.ts';

/** A voice begins. A person who goes on soon reopens their own turn, which leaves the floor until the rest is decided. */
export function began(draft: Draft, event: EventOf<'began'>): void {
  const { by, fromMs, isCaptioned } = event;
  if (!mayHear(draft, by)) return;
  voidYes(draft, by);
  const continued = continuedTurn(draft, by, fromMs);
  if (continued) reopenTurn(draft, continued);
  const turn = continued ?? addTurn(draft, by, fromMs);
  const utterance = newUtterance(draft, event);
  turn.open = [...turn.open, utterance];
  beginListening(draft, { turn, utterance }, isCaptioned);
}

function newUtterance(draft: Draft, event: EventOf<'began'>): UtteranceState {
  const { by, fromMs, hints, utterance: id } = event;
  return {
    id,
    fromMs,
    toMs: fromMs,
    isEnded: false,
    endedMs: fromMs,
    pause: 0,
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
    evidence: nothingHeard,
    hints,
    isOverlapping: isSpeaking(draft),
    isAmongSounds: false,
    isAlone: draft.people.every((one) => one.isBot || one.id === by),
    goesOn: false,
    isTooLong: false,
  };
}

/** Turn of this person that a voice from then on continues. */
function continuedTurn(
  { rules, turns }: Draft,
  by: PersonId,
  fromMs: number,
): TurnState | undefined {
  const own = turns.filter((one) => one.by === by && one.request === undefined);
  return own.findLast(({ open, voiceMs }) => {
    const lastMs = Math.max(voiceMs, ...open.map(({ toMs }) => toMs));
    return fromMs - lastMs <= rules.mergeMs;
  });
}

/** Takes a turn off the floor. Barge-in decides about a turn that is heard. */
function reopenTurn(draft: Draft, turn: TurnState) {
  const { current } = draft.floor;
  if (soundOf(draft, turn.id)) return;
  leaveFloor(draft, turn.id);
  if (current?.id !== turn.id) return;
  noteAnswered(draft, turn.by, '');
  discardAnswer(draft, turn);
}

/** Requests the words so far. Where partial words are trusted, the answer begins on them. */
export function paused(draft: Draft, event: EventOf<'paused'>): void {
  const { evidence, isCostly, isLong, utterance: id } = event;
  const speech = openSpeech(draft, id);
  if (!speech || isAsked(speech.utterance) || !hasVoice(evidence)) return;
  const { utterance } = speech;
  utterance.evidence = evidence;
  beginListening(draft, speech);
  const { isDeferred, isRecognised, partial: text } = utterance;
  if (isRecognised && !isCostly && !isDeferred) {
    utterance.toMs = draft.atMs;
    utterance.pausedMs = draft.atMs;
    requestWords(draft, speech);
    if (text !== undefined) preempt(draft, speech, text, false);
  } else if (isLong || !isRecognised) {
    emit(draft, { do: 'endpoint', utterance: id, text: undefined });
  }
}

/** Whether the words up to the latest pause are on their way. */
export function isAsked({ isDeferred, isRequested }: UtteranceState): boolean {
  return isRequested && !isDeferred;
}

function requestWords(draft: Draft, speech: OpenSpeech, isDeferred = false) {
  const { utterance } = speech;
  beginListening(draft, speech);
  if (!utterance.isRecognised) return;
  utterance.pause++;
  utterance.isRequested = true;
  utterance.isDeferred = isDeferred;
  if (!isDeferred) emitRequest(draft, utterance);
}

function emitRequest(draft: Draft, { id: utterance, pause }: UtteranceState) {
  emit(draft, { do: 'recognise', utterance, pause });
}

/** Words that were not needed at first may be needed by now. */
function beginListening(draft: Draft, speech: OpenSpeech, isCaptioned = false) {
  const { turn, utterance } = speech;
  if (utterance.isRecognised) return;
  utterance.isRecognised = isCaptioned || needsWords(draft, speech);
  if (utterance.isRecognised) emit(draft, { do: 'listen', utterance: utterance.id, by: turn.by });
}

/** The pause was none. An answer that was begun on the words before it is void. */
export function resumed(draft: Draft, { utterance: id }: EventOf<'resumed'>): void {
  const speech = openSpeech(draft, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  if (turn.answer?.lastUtterance === id) discardUnheard(draft, turn);
  utterance.words = undefined;
  utterance.failure = undefined;
  emit(draft, { do: 'cancel-recognition', utterance: id });
  utterance.isRequested = false;
  utterance.isDeferred = false;
}

/** Something else sounds, so a yes in it is nobody's. */
export function overlaid(draft: Draft, { utterance: id }: EventOf<'overlaid'>): void {
  const utterance = openSpeech(draft, id)?.utterance;
  if (utterance) utterance.isAmongSounds = true;
}

export function partial(draft: Draft, event: EventOf<'partial'>): void {
  const { isStreamed = true, text, utterance: id } = event;
  const speech = openSpeech(draft, id);
  if (!speech) return;
  const { utterance } = speech;
  utterance.understood = text;
  if (!isStreamed) return;
  utterance.partial = text;
  const { isEnded, isRequested, pausedMs, words: known } = utterance;
  const isOfPause = isRequested && !isEnded && known === undefined;
  if (!isOfPause || draft.atMs - pausedMs > draft.rules.latePartialMs) return;
  discardWrongGuess(draft, speech, text);
  preempt(draft, speech, text, false);
}

/** Words of a pause or an end. Words of a former pause are void. */
export function words(draft: Draft, event: EventOf<'words'>): void {
  const { language, pause, text, utterance: id } = event;
  const speech = requestedSpeech(draft, id, pause);
  if (!speech) return;
  const { utterance } = speech;
  discardWrongGuess(draft, speech, text);
  utterance.language = language;
  utterance.words = utterance.understood = text;
  utterance.recognisedMs = draft.atMs;
  if (!utterance.isEnded) emit(draft, { do: 'endpoint', utterance: id, text });
}

export function unrecognised(draft: Draft, event: EventOf<'unrecognised'>): void {
  const { error, pause, utterance: id } = event;
  const speech = requestedSpeech(draft, id, pause);
  if (!speech) return;
  const { utterance } = speech;
  utterance.failure = { error };
  if (!utterance.isEnded) emit(draft, { do: 'endpoint', utterance: id, text: '' });
}

function requestedSpeech(draft: Draft, id: Id, pause: number): OpenSpeech | undefined {
  const speech = openSpeech(draft, id);
  const isCurrent = speech?.utterance.pause === pause && speech.utterance.isRequested;
  return isCurrent ? speech : undefined;
}

/** Ends an answer that was begun on other words of this utterance. */
function discardWrongGuess(draft: Draft, { turn, utterance }: OpenSpeech, text: string) {
  const { answer, parts } = turn;
  if (answer?.words === undefined || answer.lastUtterance !== utterance.id) return;
  if (!sameWords(answer.words, wordsOf(parts, text))) discardUnheard(draft, turn);
}

/** The end is likely. The answer begins, on sound alone where any words of this person are answered. */
export function likelyOver(draft: Draft, event: EventOf<'likely-over'>): void {
  const { evidence, isCostly, utterance: id } = event;
  const speech = openSpeech(draft, id);
  if (!speech) return;
  const { utterance } = speech;
  utterance.evidence = evidence;
  if (!utterance.isRequested) requestWords(draft, speech, isCostly);
  preempt(draft, speech, utterance.words, true);
}

/** No more sound comes: an utterance whose words were requested ends with its pause. */
export function endPauses(draft: Draft): void {
  const endedMs = draft.atMs;
  for (const one of draft.turns.flatMap((turn) => turn.open)) {
    if (!one.isRequested || one.isEnded) continue;
    one.isAmongSounds = true;
    ended(draft, { ...one, utterance: one.id, endedMs });
  }
}

/** An utterance ends. Its words are requested unless its last pause requested them. */
export function ended(draft: Draft, event: Omit<EventOf<'ended'>, 'atMs' | 'kind'>): void {
  const { endedMs, evidence, isTooLong = false, toMs, utterance: id } = event;
  const speech = openSpeech(draft, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  utterance.toMs = toMs;
  utterance.endedMs = endedMs;
  utterance.evidence = evidence;
  utterance.isTooLong = isTooLong;
  utterance.isEnded = true;
  const ms = toMs - utterance.fromMs;
  attend(draft, { kind: 'talked', personId: turn.by, ms, atMs: draft.atMs });
  if (!hasVoice(evidence)) return;
  if (utterance.isDeferred) emitRequest(draft, utterance);
  else if (!utterance.isRequested) requestWords(draft, speech);
  utterance.isDeferred = false;
}

/** Begins the answer before the end is decided. One that was begun gives way once words go on with its question. */
function preempt(draft: Draft, speech: OpenSpeech, text: string | undefined, isFinal: boolean) {
  const { turn, utterance } = speech;
  const { answer, parts } = turn;
  if (soundOf(draft, turn.id)) return;
  if (answer && (text === undefined || answer.lastUtterance === utterance.id)) return;
  if (!mayBegin(draft, speech, text, isFinal)) return;
  discardAnswer(draft, turn);
  beginAnswer(draft, turn, text === undefined ? undefined : wordsOf(parts, text));
}

/** A typed question is a turn that is decided already. A person who said no is answered in writing. */
export function typed(draft: Draft, { atMs, by, name, request, text }: EventOf<'typed'>): void {
  if (hasRefused(draft, by)) {
    emit(draft, { do: 'report', request, outcome: 'private' });
    return;
  }
  const { floor, turns } = draft;
  const isWaiting = ({ id }: TurnState) => floor.queue.includes(id);
  const former = turns.find((one) => one.by === by && one.request !== undefined && isWaiting(one));
  if (former) dropTurn(draft, former, 'replaced');
  const parts = [{ utterance: 0, words: text }];
  askTurn(draft, addTurn(draft, by, atMs, { name, request, parts }));
}
