import {
  type Consent,
  consentOf,
  type HearingFacts,
  mayHear as mayHearBy,
  type Standing,
  toHearingFacts,
} from '#src/people/consent.ts';
import type { ConversationEffect, ConversationFact } from './effects.ts';
import type { ConversationEvent } from './events.ts';
import type { ConversationRules } from './rules.ts';
import type {
  ConversationState,
  CurrentReply,
  Id,
  PanelNote,
  Reading,
  TurnPart,
  TurnPhase,
  TurnState,
  UtteranceState,
} from './state.ts';

export function turnOf(state: ConversationState, id: Id | undefined): TurnState | undefined {
  return state.turns.find((one) => one.id === id);
}

/** An open utterance and its turn. */
export type OpenSpeech = { readonly turn: TurnState; readonly utterance: UtteranceState };

export function openSpeech(state: ConversationState, id: Id): OpenSpeech | undefined {
  for (const turn of state.turns) {
    const utterance = turn.open.find((one) => one.id === id);
    if (utterance) return { turn, utterance };
  }
  return undefined;
}

export function turnOfAnswer(state: ConversationState, answer: Id): TurnState | undefined {
  return state.turns.find((one) => one.answer?.id === answer);
}

export function readingOf(state: ConversationState, id: Id | undefined): Reading | undefined {
  return state.readings.find((one) => one.id === id);
}

export function currentTurn(state: ConversationState): TurnState | undefined {
  return turnOf(state, state.floor.current?.id);
}

/** Current reply of a turn or reading once it was heard or is cut; undefined before. */
export function soundOf({ floor }: ConversationState, id: Id): CurrentReply | undefined {
  const { current } = floor;
  return current?.id === id && current.phase.kind !== 'making' ? current : undefined;
}

/** Turn whose answer was begun as if what sounds now is heard whole. */
export function preparedTurn({ turns }: ConversationState): TurnState | undefined {
  return turns.find(({ answer }) => answer?.supposed !== undefined);
}

/** The current reply while a person waits for its sound. */
export function awaitedReply(state: ConversationState): CurrentReply | undefined {
  const { current } = state.floor;
  if (!current || !currentTurn(state)) return undefined;
  const { phase } = current;
  const isAwaited = phase.kind === 'making' || (phase.kind === 'sounding' && phase.isStarved);
  return isAwaited ? current : undefined;
}

/** Instant, in ms, at which an awaited answer is given up. Tools have deadlines of their own. */
export function givenUpAtMs(state: ConversationState, rules: ConversationRules): number {
  const awaited = awaitedReply(state);
  if (!awaited || isHeldByTool(state, awaited)) return Number.POSITIVE_INFINITY;
  return awaited.waiting.sinceMs + rules.longestSilenceMs;
}

/** Phase of a question, or of a text on the floor. A reply keeps its phase while its asker goes on. */
export function phaseOf({ id }: { readonly id: Id }, state: ConversationState): TurnPhase {
  const { current, queue } = state.floor;
  if (current?.id === id) return current.phase.kind;
  if (queue.includes(id)) return 'waiting';
  const turn = turnOf(state, id);
  if (!turn) return 'over';
  return turn.open.every(({ isEnded }) => isEnded) ? 'deciding' : 'speaking';
}

/** Whether no person talks, and all that was said is decided. */
export function isQuiet({ turns }: ConversationState): boolean {
  return turns.every(({ open }) => open.length === 0);
}

/** Whether a tool runs for a reply. */
export function isHeldByTool({ runs }: ConversationState, { reply }: CurrentReply): boolean {
  return runs.some(({ ref }) => ref?.answer === reply);
}

/** Whether the bot is heard. */
export function isSpeaking({ floor }: ConversationState): boolean {
  const kind = floor.current?.phase.kind;
  return kind === 'sounding' || kind === 'finishing';
}

export function isOnFloor({ floor }: ConversationState, id: Id): boolean {
  const { current, queue } = floor;
  return current?.id === id || queue.includes(id);
}

/** Whether nothing is said and nothing waits. */
export function isFree(state: ConversationState): boolean {
  const { current, queue } = state.floor;
  return !isMuted(state) && current === undefined && queue.length === 0;
}

/** Whether a moderator keeps the bot silent. */
export function isMuted({ restrictions }: Pick<ConversationState, 'restrictions'>): boolean {
  return restrictions.some((how) => how !== 'deafened');
}

/** Last utterance of a turn; 0 for a typed one. */
export function lastUtteranceOf({ parts }: Pick<TurnState, 'parts'>): Id {
  return parts.at(-1)?.utterance ?? 0;
}

export function wordsOf(parts: readonly TurnPart[], more = ''): string {
  const words = [...parts.map((part) => part.words), more];
  return words.join(' ').trim();
}

/** In company, a person is called by name who waited. */
export function isNamed({ people }: ConversationState, { hasWaited }: TurnState): boolean {
  return hasWaited && people.filter(({ isBot }) => !isBot).length > 1;
}

/** Whether a person is heard. Asked for each packet before it is decrypted. */
export function mayHear(state: ConversationState, personId: PersonId): boolean {
  const facts = hearingFactsOf(state, personId);
  return facts !== undefined && mayHearBy(facts);
}

/** Consent of a person, apart from a pause of hearing; `no` for a bot, and for a person who may not use this one. */
export function consentIn(state: ConversationState, personId: PersonId): Consent {
  const facts = hearingFactsOf(state, personId);
  return facts ? consentOf(facts) : 'no';
}

export function standingOf(state: ConversationState, personId: PersonId): Standing {
  const consent = consentIn(state, personId);
  return consent === 'no' || consent === 'unasked' ? consent : 'yes';
}

/** Whether nothing of this person's words may be kept. */
export function hasRefused(state: ConversationState, personId: PersonId): boolean {
  return standingOf(state, personId) === 'no';
}

function hearingFactsOf(
  { consent, people }: ConversationState,
  personId: PersonId,
): HearingFacts | undefined {
  const person = people.find(({ id }) => id === personId);
  if (person && (person.isBot || !person.isAdmitted)) return undefined;
  return toHearingFacts(consent, personId, person?.hasRole === true);
}

/** A step in the making: a copy of the state. A step changes its objects in place, and replaces its lists. */
export type Draft = { -readonly [Key in keyof ConversationState]: ConversationState[Key] } & {
  readonly effects: ConversationEffect[];
  /** Events that follow from this one, such as a spoken no. They are handled in the same step. */
  readonly raised: ConversationEvent[];
  readonly rules: ConversationRules;
  readonly atMs: number;
};

export function emit(draft: Draft, effect: ConversationEffect): void {
  draft.effects.push(effect);
}

export function report(draft: Draft, fact: ConversationFact): void {
  emit(draft, { do: 'fact', fact });
}

export function newId(draft: Draft): Id {
  return draft.nextId++;
}

export function keepNotes({ notes }: Draft, isKept: (note: PanelNote) => boolean): void {
  notes.dropped = notes.dropped.filter(isKept);
  notes.understood = notes.understood.filter(isKept);
}

export function removeTurn(draft: Draft, turn: TurnState): void {
  draft.turns = draft.turns.filter((one) => one !== turn);
}

/** Takes a turn or a reading out of the floor. Its sound is the caller's to end. */
export function leaveFloor({ floor }: Draft, id: Id): void {
  if (floor.current?.id === id) floor.current = undefined;
  floor.queue = floor.queue.filter((one) => one !== id);
}
