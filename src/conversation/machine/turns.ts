import { sameWords } from '#src/turn/addressing/names.ts';
import { hasVoice, nothingHeard } from '#src/turn/answerable.ts';
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
  putTurn,
  soundOf,
  turnOf,
  wordsOf,
} from './questions.ts';
import { beginAnswer, dropTurn, newTurn } from './replies.ts';
import type { Id, PersonId, TurnState, UtteranceState } from './state.ts';
import { discardAnswer, voidYes } from './tools.ts';

/** A voice begins. A person who goes on soon reopens their own turn, which leaves the floor until the rest is decided. */
export function began(draft: Draft, event: EventOf<'began'>): void {
  const { by, fromMs } = event;
  if (!mayHear(draft.state, by)) return;
  voidYes(draft, by);
  const continued = continuedTurn(draft, by, fromMs);
  const turn = continued ? reopenTurn(draft, continued) : newTurn(draft, by, fromMs);
  const utterance = newUtterance(draft, turn, event);
  putTurn(draft, { ...turn, open: [...turn.open, utterance] });
  if (utterance.isRecognised) emit(draft, { do: 'listen', utterance: utterance.id, by });
}

function newUtterance(draft: Draft, turn: TurnState, event: EventOf<'began'>): UtteranceState {
  const { by, fromMs, hints, isCaptioned = false, utterance: id } = event;
  const { rules, state } = draft;
  const isAlone = state.people.every((one) => one.isBot || one.id === by);
  return {
    id,
    fromMs,
    toMs: fromMs,
    isEnded: false,
    endedMs: fromMs,
    pause: 0,
    isRecognised: isCaptioned || needsWords(state, turn, { by, fromMs, isAlone }, rules),
    isRequested: false,
    words: undefined,
    language: undefined,
    hasFailed: false,
    partial: undefined,
    pausedMs: fromMs,
    evidence: nothingHeard,
    hints,
    isOverlapping: isSpeaking(state),
    isAmongSounds: false,
    isAlone,
    goesOn: false,
  };
}

/** Turn of this person that a voice from then on continues. */
function continuedTurn(
  { rules, state }: Draft,
  by: PersonId,
  fromMs: number,
): TurnState | undefined {
  const own = state.turns.filter((one) => one.by === by && one.request === undefined);
  return own.findLast(({ open, voiceMs }) => {
    const lastMs = Math.max(voiceMs, ...open.map(({ toMs }) => toMs));
    return fromMs - lastMs <= rules.mergeMs;
  });
}

/** Takes a turn off the floor. Barge-in decides about a turn that is heard. */
function reopenTurn(draft: Draft, turn: TurnState): TurnState {
  if (soundOf(draft.state, turn.id)) return turn;
  const isCurrent = draft.state.floor.current?.id === turn.id;
  leaveFloor(draft, turn.id);
  if (!isCurrent) return turn;
  noteAnswered(draft, turn.by, '');
  return discardAnswer(draft, turn);
}

/** Requests the words so far. Where partial words are trusted, the answer begins on them. */
export function paused(draft: Draft, { evidence, utterance: id }: EventOf<'paused'>): void {
  const speech = openSpeech(draft.state, id);
  if (!speech || speech.utterance.isRequested || !hasVoice(evidence)) return;
  const { turn, utterance } = speech;
  const requested = requestWords(draft, turn, {
    ...utterance,
    evidence,
    toMs: draft.atMs,
    pausedMs: draft.atMs,
  });
  if (requested.partial !== undefined) preempt(draft, id, requested.partial, false);
}

function requestWords(draft: Draft, turn: TurnState, utterance: UtteranceState): UtteranceState {
  const listened = beginListening(draft, turn, utterance);
  const { id, isRecognised, pause } = listened;
  const requested = { ...listened, pause: pause + 1, isRequested: true };
  putUtterance(draft, turn.id, isRecognised ? requested : listened);
  if (!isRecognised) return listened;
  emit(draft, { do: 'recognise', utterance: id, pause: requested.pause });
  return requested;
}

/** Words that were not needed at first may be needed by now. */
function beginListening(draft: Draft, turn: TurnState, utterance: UtteranceState): UtteranceState {
  const { fromMs, id, isAlone, isRecognised } = utterance;
  const start = { by: turn.by, fromMs, isAlone };
  if (isRecognised || !needsWords(draft.state, turn, start, draft.rules)) return utterance;
  emit(draft, { do: 'listen', utterance: id, by: turn.by });
  return { ...utterance, isRecognised: true };
}

/** The pause was none. An answer that was begun on the words before it is void. */
export function resumed(draft: Draft, { utterance: id }: EventOf<'resumed'>): void {
  const speech = openSpeech(draft.state, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  const isVoid = turn.answer?.lastUtterance === id && !soundOf(draft.state, turn.id);
  if (isVoid) putTurn(draft, discardAnswer(draft, turn));
  const spoken = { ...utterance, words: undefined, isRequested: false, hasFailed: false };
  putUtterance(draft, turn.id, spoken);
}

export function partial(draft: Draft, { text, utterance: id }: EventOf<'partial'>): void {
  const speech = openSpeech(draft.state, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  putUtterance(draft, turn.id, { ...utterance, partial: text });
  const { isEnded, isRequested, pausedMs, words: known } = utterance;
  const isOfPause = isRequested && !isEnded && known === undefined;
  if (!isOfPause || draft.atMs - pausedMs > draft.rules.latePartialMs) return;
  discardWrongGuess(draft, speech, text);
  preempt(draft, id, text, false);
}

/** Words of a pause or an end. Words of a former pause are void. */
export function words(draft: Draft, event: EventOf<'words'>): void {
  const { language, pause, text, utterance: id } = event;
  const speech = requestedSpeech(draft, id, pause);
  if (!speech) return;
  const { turn, utterance } = speech;
  discardWrongGuess(draft, speech, text);
  putUtterance(draft, turn.id, { ...utterance, language, words: text });
  if (!utterance.isEnded) emit(draft, { do: 'endpoint', utterance: id, text });
}

export function unrecognised(draft: Draft, event: EventOf<'unrecognised'>): void {
  const { pause, utterance: id } = event;
  const speech = requestedSpeech(draft, id, pause);
  if (!speech) return;
  const { turn, utterance } = speech;
  putUtterance(draft, turn.id, { ...utterance, hasFailed: true });
  if (!utterance.isEnded) emit(draft, { do: 'endpoint', utterance: id, text: '' });
}

function requestedSpeech({ state }: Draft, id: Id, pause: number): OpenSpeech | undefined {
  const speech = openSpeech(state, id);
  const isCurrent = speech?.utterance.pause === pause && speech.utterance.isRequested;
  return isCurrent ? speech : undefined;
}

/** Ends an answer that was begun on other words of this utterance. */
function discardWrongGuess(draft: Draft, { turn, utterance }: OpenSpeech, text: string): void {
  const { answer, parts } = turn;
  if (answer?.words === undefined || answer.lastUtterance !== utterance.id) return;
  const isRight = sameWords(answer.words, wordsOf(parts, text));
  if (!isRight && !soundOf(draft.state, turn.id)) putTurn(draft, discardAnswer(draft, turn));
}

/** The end is likely. The answer begins, on sound alone where any words of this person are answered. */
export function likelyOver(
  draft: Draft,
  { evidence, utterance: id }: EventOf<'likely-over'>,
): void {
  const speech = openSpeech(draft.state, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  const noticed = { ...utterance, evidence };
  putUtterance(draft, turn.id, noticed);
  if (!utterance.isRequested) requestWords(draft, turn, noticed);
  preempt(draft, id, utterance.words, true);
}

/** No more sound comes: an utterance whose words were requested ends with its pause. */
export function endPauses(draft: Draft): void {
  const open = draft.state.turns.flatMap((turn) => turn.open);
  for (const { evidence, id: utterance, isEnded, isRequested, toMs } of open) {
    if (isEnded || !isRequested) continue;
    const endedMs = draft.atMs;
    ended(draft, { utterance, toMs, endedMs, evidence, isAmongSounds: true });
  }
}

/** An utterance ends. Its words are requested unless its last pause requested them. */
export function ended(draft: Draft, event: Omit<EventOf<'ended'>, 'atMs' | 'kind'>): void {
  const { endedMs, evidence, isAmongSounds, toMs, utterance: id } = event;
  const speech = openSpeech(draft.state, id);
  if (!speech) return;
  const { turn, utterance } = speech;
  const facts = { toMs, endedMs, evidence, isAmongSounds, isEnded: true };
  const over = { ...utterance, ...facts };
  const ms = toMs - utterance.fromMs;
  attend(draft, { kind: 'talked', personId: turn.by, ms, atMs: draft.atMs });
  if (over.isRequested || !hasVoice(evidence)) putUtterance(draft, turn.id, over);
  else requestWords(draft, turn, over);
}

function putUtterance(draft: Draft, turnId: Id, utterance: UtteranceState): void {
  const turn = turnOf(draft.state, turnId);
  if (!turn) return;
  const open = turn.open.map((one) => (one.id === utterance.id ? utterance : one));
  putTurn(draft, { ...turn, open });
}

/** Begins the answer before the end is decided. One that was begun gives way once words go on with its question. */
function preempt(draft: Draft, id: Id, text: string | undefined, isFinal: boolean): void {
  const speech = openSpeech(draft.state, id);
  if (!speech || soundOf(draft.state, speech.turn.id)) return;
  const { answer, parts } = speech.turn;
  if (answer && (text === undefined || answer.lastUtterance === id)) return;
  const turn = { ...speech.turn, answer: undefined };
  if (!mayBegin(draft, { ...speech, turn }, text, isFinal)) return;
  const free = discardAnswer(draft, speech.turn);
  const said = text === undefined ? undefined : wordsOf(parts, text);
  putTurn(draft, beginAnswer(draft, free, said));
}

/** A typed question is a turn that is decided already. A person who said no is answered in writing. */
export function typed(draft: Draft, { atMs, by, name, request, text }: EventOf<'typed'>): void {
  if (hasRefused(draft.state, by)) {
    emit(draft, { do: 'report', request, outcome: 'private' });
    return;
  }
  const { floor, turns } = draft.state;
  const isWaiting = ({ id }: TurnState) => floor.queue.includes(id);
  const former = turns.find((one) => one.by === by && one.request !== undefined && isWaiting(one));
  if (former) dropTurn(draft, former, 'replaced');
  const turn = newTurn(draft, by, atMs, name);
  const asked = { ...turn, request, parts: [{ utterance: 0, words: text }] };
  putTurn(draft, asked);
  askTurn(draft, asked);
}
