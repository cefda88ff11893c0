import type { PersonId } from '#src/base/ids.ts';
import {
  type Consent,
  mayHear as mayHearBy,
  type Standing,
  toConsent,
  toHearingFacts,
} from '#src/people/consent.ts';
import type { ConversationRules } from './conversation-rules.ts';
import type { ConversationEffect, ConversationFact } from './effects.ts';
import type { ConversationEvent, EventKind, EventOf } from './events.ts';
import type {
  Announcement,
  Confirmation,
  ConversationState,
  CurrentReply,
  Id,
  Presence,
  SessionState,
  ToolState,
  TurnPart,
  TurnPhase,
  TurnQueue,
  TurnState,
  UtteranceState,
} from './state.ts';

export function findTurn(
  state: ConversationState,
  id: Id | undefined,
): TurnState | undefined {
  return state.turns.find((one) => one.id === id);
}

export type OpenSpeech = {
  readonly turn: TurnState;
  readonly utterance: UtteranceState;
};

export function findOpenSpeech(
  state: ConversationState,
  id: Id,
): OpenSpeech | undefined {
  for (const turn of state.turns) {
    const utterance = turn.openSpeech.find((one) => one.id === id);
    if (utterance) return { turn, utterance };
  }
  return undefined;
}

export function findTurnByAnswer(
  state: ConversationState,
  answer: Id,
): TurnState | undefined {
  return state.turns.find((one) => one.answer?.id === answer);
}

export function findAnnouncement(
  { turnQueue }: ConversationState,
  id: Id | undefined,
): Announcement | undefined {
  return turnQueue.announcements.find((one) => one.id === id);
}

export function findCurrentTurn(state: ConversationState): TurnState | undefined {
  return findTurn(state, state.turnQueue.current?.id);
}

export function findHeardReply(
  { turnQueue }: ConversationState,
  id: Id,
): CurrentReply | undefined {
  const { current } = turnQueue;
  return current?.id === id && current.phase.kind !== 'making' ? current : undefined;
}

/** Finds the turn whose answer supposes what people will have heard of the current reply. */
export function findPreparedTurn(turns: readonly TurnState[]): TurnState | undefined {
  return turns.find(({ answer }) => answer?.supposedExchange !== undefined);
}

export function findAwaitedReply(state: ConversationState): CurrentReply | undefined {
  const { current } = state.turnQueue;
  if (!current || !findCurrentTurn(state)) return undefined;
  const { phase } = current;
  const isAwaited =
    phase.kind === 'making' || (phase.kind === 'sounding' && phase.isStarved);
  return isAwaited ? current : undefined;
}

/** Tools have deadlines of their own. */
export function getGiveUpTime(state: ConversationState, maxSilenceMs: number): number {
  const awaited = findAwaitedReply(state);
  if (!awaited || isHeldByTool(state.tools, awaited.reply))
    return Number.POSITIVE_INFINITY;
  return awaited.waiting.sinceMs + maxSilenceMs;
}

export function getPhase(
  { id }: { readonly id: Id },
  state: ConversationState,
): TurnPhase {
  const { current, waiting } = state.turnQueue;
  // A reply keeps its phase while its asker goes on.
  if (current?.id === id) return current.phase.kind;
  if (waiting.includes(id)) return 'waiting';
  const turn = findTurn(state, id);
  if (!turn) return 'over';
  return turn.openSpeech.every(({ isEnded }) => isEnded) ? 'deciding' : 'speaking';
}

export function isQuiet(turns: readonly TurnState[]): boolean {
  return turns.every(({ openSpeech }) => openSpeech.length === 0);
}

export function isHeldByTool({ runs }: ToolState, reply: Id): boolean {
  return runs.some(({ ref }) => ref?.answer === reply);
}

export function listOpenConfirmations(
  { confirmations }: ToolState,
  by: PersonId,
): readonly Confirmation[] {
  return confirmations.filter(
    ({ presser, spokenYes }) => presser === by && spokenYes?.state === 'open',
  );
}

/** Gets the time, in ms, at which a spoken yes is taken, or the button closes. */
export function getConfirmationDueTime({ spokenYes, untilMs }: Confirmation): number {
  return spokenYes?.state === 'accepted' ? spokenYes.toMs : untilMs;
}

export function isSpeaking({ current }: TurnQueue): boolean {
  const kind = current?.phase.kind;
  return kind === 'sounding' || kind === 'finishing';
}

export function isQueued({ current, waiting }: TurnQueue, id: Id): boolean {
  return current?.id === id || waiting.includes(id);
}

export function isQueueFree(state: ConversationState): boolean {
  const { current, waiting } = state.turnQueue;
  return !isMuted(state.session) && current === undefined && waiting.length === 0;
}

export function isMuted({ restrictions }: SessionState): boolean {
  return restrictions.some((how) => how !== 'deafened');
}

/** 0 for a typed turn. */
export function getLastUtterance({ parts }: Pick<TurnState, 'parts'>): Id {
  return parts.at(-1)?.utterance ?? 0;
}

/** A typed turn has no voice, so its own end counts. */
export function getVoiceEndMs({ endedMs, parts }: TurnState): number {
  return parts.at(-1)?.toMs ?? endedMs;
}

export function joinTranscript(parts: readonly TurnPart[], more = ''): string {
  return [...parts.map((part) => part.words), more].join(' ').trim();
}

/** Returns whether to name the asker after a wait in company. */
export function isCalledByName(
  { people }: Presence,
  { hasWaited }: TurnState,
): boolean {
  return hasWaited && people.filter(({ isBot }) => !isBot).length > 1;
}

export function mayHear(presence: Presence, personId: PersonId): boolean {
  const facts = getHearingFacts(presence, personId);
  return facts !== undefined && mayHearBy(facts);
}

/**
 * Gets the consent of a person, whether or not hearing is paused. Bots and barred people have a
 * no.
 */
export function getConsent(presence: Presence, personId: PersonId): Consent {
  const facts = getHearingFacts(presence, personId);
  return facts ? toConsent(facts) : 'no';
}

export function getStanding(presence: Presence, personId: PersonId): Standing {
  const consent = getConsent(presence, personId);
  return consent === 'no' || consent === 'unasked' ? consent : 'yes';
}

export function hasRefused(presence: Presence, personId: PersonId): boolean {
  return getStanding(presence, personId) === 'no';
}

function getHearingFacts({ consent, people }: Presence, personId: PersonId) {
  const person = people.find(({ id }) => id === personId);
  if (person && (person.isBot || !person.isAdmitted)) return undefined;
  return toHearingFacts(consent, personId, person?.hasRole === true);
}

/** What one step reads beside the state, and what it asks for. */
type StepContext = {
  readonly atMs: number;
  readonly rules: ConversationRules;
  readonly effects: ConversationEffect[];
  /** Events such as a spoken no, which the same step handles. */
  readonly raised: ConversationEvent[];
};

/** A copy of the state. A step changes its objects in place and replaces its lists. */
export type Draft = {
  -readonly [Key in keyof ConversationState]: ConversationState[Key];
} & { readonly step: StepContext };

/** Each event and its handler, in a table of each file. */
export type EventHandlers = {
  readonly [Kind in EventKind]: (draft: Draft, event: EventOf<Kind>) => void;
};

export function emitEffect({ step }: Draft, effect: ConversationEffect) {
  step.effects.push(effect);
}

export function emitFact(draft: Draft, fact: ConversationFact) {
  emitEffect(draft, { do: 'fact', fact });
}

export function takeId(draft: Draft): Id {
  return draft.nextId++;
}

export function removeTurn(draft: Draft, turn: TurnState) {
  draft.turns = draft.turns.filter((one) => one !== turn);
}

export function leaveQueue({ turnQueue }: ConversationState, id: Id) {
  if (turnQueue.current?.id === id) turnQueue.current = undefined;
  turnQueue.waiting = turnQueue.waiting.filter((one) => one !== id);
}

export function isRequested({ recognition }: UtteranceState): boolean {
  return recognition === 'deferred' || recognition === 'requested';
}
