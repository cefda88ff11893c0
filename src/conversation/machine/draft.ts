import type { PersonId } from '#src/base/ids.ts';
import {
  type Consent,
  mayHear,
  type Standing,
  toConsent,
  toHearingFacts,
  toStanding,
} from '#src/people/consent.ts';
import { isSameVoice, type TimedWords } from '#src/turn/same-voice.ts';
import type { ConversationRules } from './conversation-rules.ts';
import type { ConversationEffect, ConversationFact } from './effects.ts';
import type { ConversationEvent, EventKind, EventOf } from './events.ts';
import type {
  Announcement,
  Confirmation,
  ConversationState,
  CurrentReply,
  Id,
  Notes,
  PanelNote,
  Presence,
  SessionState,
  ToolRun,
  ToolState,
  TurnPart,
  TurnPhase,
  TurnQueue,
  TurnState,
  UtteranceState,
} from './state.ts';

/** Finds a turn. Undefined once the turn has ended. */
export function findTurn(
  state: ConversationState,
  id: Id | undefined,
): TurnState | undefined {
  return state.turns.find((turn) => turn.id === id);
}

/** An undecided utterance with its turn. */
export type OpenSpeech = {
  readonly turn: TurnState;
  readonly utterance: UtteranceState;
};

/** Finds an utterance by its id. Undefined once the utterance is decided. */
export function findOpenSpeech(
  state: ConversationState,
  id: Id,
): OpenSpeech | undefined {
  for (const turn of state.turns) {
    const utterance = turn.openSpeech.find((speech) => speech.id === id);
    if (utterance) return { turn, utterance };
  }
  return undefined;
}

/** Lists the utterances whose sound may still be asked for: the undecided ones, and the parts of turns. */
export function listHeldUtterances({ turns }: ConversationState): readonly Id[] {
  return turns.flatMap(({ openSpeech, parts }) => [
    ...openSpeech.map(({ id }) => id),
    ...parts.map(({ utterance }) => utterance),
  ]);
}

/** Finds the turn that an answer belongs to. Undefined once the turn has another answer, or has ended. */
export function findTurnByAnswer(
  state: ConversationState,
  answer: Id,
): TurnState | undefined {
  return state.turns.find((turn) => turn.answer?.id === answer);
}

/** Finds an announcement that waits or sounds. Undefined once the announcement has ended. */
export function findAnnouncement(
  { turnQueue }: ConversationState,
  id: Id | undefined,
): Announcement | undefined {
  return turnQueue.announcements.find((announcement) => announcement.id === id);
}

/** Finds the turn whose answer is made or sounds now. Undefined for an announcement, and if nothing is due. */
export function findCurrentTurn(state: ConversationState): TurnState | undefined {
  return findTurn(state, state.turnQueue.current?.id);
}

/** Finds the reply that people hear now, with its asker, who is undefined for an announcement. */
export function findSoundingReply(
  state: ConversationState,
): { id: Id; replyTo: PersonId | undefined; interruptible: boolean } | undefined {
  const { current } = state.turnQueue;
  if (!current || !isSpeaking(state.turnQueue)) return undefined;
  const { id, reply } = current;
  const interruptible = findAnnouncement(state, id)?.isInterruptible ?? true;
  return { id: reply, replyTo: findTurn(state, id)?.by, interruptible };
}

/** Finds the reply to a turn, or an announcement, once its sound has begun. Undefined before and afterwards. */
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

/** Finds the current answer if people hear nothing of it now. */
export function findAwaitedReply(state: ConversationState): CurrentReply | undefined {
  const { current } = state.turnQueue;
  if (!current || !findCurrentTurn(state)) return undefined;
  const { phase } = current;
  const isAwaited =
    phase.kind === 'making' || (phase.kind === 'sounding' && phase.isStarved);
  return isAwaited ? current : undefined;
}

/** Gets the time at which a reply without progress is given up. Tools have deadlines of their own. */
export function getGiveUpTime(state: ConversationState, maxSilenceMs: number): number {
  const awaitedReply = findAwaitedReply(state);
  if (!awaitedReply || isHeldByTool(state.tools, awaitedReply.reply))
    return Number.POSITIVE_INFINITY;
  return awaitedReply.waiting.sinceMs + maxSilenceMs;
}

/** Gets the phase of a turn or announcement, as its people see it. */
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

/** Returns true if no utterance is open, so that nobody speaks and no words are undecided. */
export function isQuiet(turns: readonly TurnState[]): boolean {
  return turns.every(({ openSpeech }) => openSpeech.length === 0);
}

/** Returns whether a tool runs for which this answer waits. */
export function isHeldByTool(tools: ToolState, reply: Id): boolean {
  return findToolStart(tools, reply) !== undefined;
}

/** Finds the instant from which the answer waits for its tool, in ms. Undefined if none runs that it waits for. */
export function findToolStart({ runs }: ToolState, reply: Id): number | undefined {
  return runs.find(({ isDetached, ref }) => ref?.answer === reply && !isDetached)
    ?.fromMs;
}

/** Gets the time, in ms, at which an answer waits no longer for a tool. */
export function getDetachTime(
  { fromMs, isDetached, ref }: ToolRun,
  { tools }: ConversationRules,
): number {
  const isAwaited = ref !== undefined && !isDetached;
  return isAwaited ? fromMs + tools.detachMs : Number.POSITIVE_INFINITY;
}

/** Lists the confirmations that this person can answer by voice now. */
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

/**
 * Lists people whose question got no answer lately. Somebody who speaks now is none of them: that may be the rest of the
 * question, and find a place.
 */
export function listUnanswered({
  notes,
  turns,
}: Pick<ConversationState, 'notes' | 'turns'>): readonly PersonId[] {
  const speakerIds = turns
    .filter(({ openSpeech }) => openSpeech.length > 0)
    .map(({ by }) => by);
  return notes.dropped.map(({ by }) => by).filter((by) => !speakerIds.includes(by));
}

/** Returns whether a reply sounds. False while one is made, and in the fade of a cut one. */
export function isSpeaking({ current }: TurnQueue): boolean {
  const kind = current?.phase.kind;
  return kind === 'sounding' || kind === 'finishing';
}

/** Returns whether a turn or announcement waits in the queue, is made or sounds. */
export function isQueued({ current, waiting }: TurnQueue, id: Id): boolean {
  return current?.id === id || waiting.includes(id);
}

/** Returns true if a new reply could begin at once: nothing waits or sounds, and the bot is not muted. */
export function isQueueFree(state: ConversationState): boolean {
  const { current, waiting } = state.turnQueue;
  return !isMuted(state.session) && current === undefined && waiting.length === 0;
}

/** Returns whether people cannot hear the bot, because of a moderator, a stage or a right. */
export function isMuted({ restrictions }: SessionState): boolean {
  return restrictions.some((restriction) => restriction !== 'deafened');
}

/** Gets the last utterance of a turn. 0 for a typed turn. */
export function getLastUtterance(turn: Pick<TurnState, 'parts'>): Id {
  return turn.parts.at(-1)?.utterance ?? 0;
}

/** Gets the end of the voice in a turn. A typed turn has no voice, so its own end counts. */
export function getVoiceEndMs(turn: TurnState): number {
  return turn.parts.at(-1)?.toMs ?? turn.endedMs;
}

/** Joins the words of a turn, and those of an utterance that is not part of it yet. */
export function joinTranscript(turnParts: readonly TurnPart[], newText = ''): string {
  return [...turnParts.map((part) => part.words), newText].join(' ').trim();
}

/** Returns whether to name the asker after a wait in company. */
export function isCalledByName(
  { people }: Presence,
  { hasWaited }: TurnState,
): boolean {
  return hasWaited && people.filter(({ isBot }) => !isBot).length > 1;
}

/** Returns whether a person may be heard now: by consent, and not while hearing is paused. */
export function mayHearPerson(presence: Presence, personId: PersonId): boolean {
  const facts = getHearingFacts(presence, personId);
  return facts !== undefined && mayHear(facts);
}

/**
 * Gets the consent of a person, whether or not hearing is paused. Bots and barred people have a
 * no.
 */
export function getConsent(presence: Presence, personId: PersonId): Consent {
  const facts = getHearingFacts(presence, personId);
  return facts ? toConsent(facts) : 'no';
}

/** Gets a person's consent as a yes, a no or no answer yet. */
export function getStanding(presence: Presence, personId: PersonId): Standing {
  return toStanding(getConsent(presence, personId));
}

/** Returns whether a person has said no, or is a bot or barred. */
export function hasRefused(presence: Presence, personId: PersonId): boolean {
  return getStanding(presence, personId) === 'no';
}

function getHearingFacts({ consent, people }: Presence, personId: PersonId) {
  const person = people.find(({ id }) => id === personId);
  if (person && (person.isBot || !person.isAdmitted)) return undefined;
  return toHearingFacts(consent, personId, person?.hasRole === true);
}

/** The surroundings of one step: its time, its rules and the effects that it asks for. */
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

/** Asks the runners for an effect, which they perform after the step. */
export function emitEffect({ step }: Draft, effect: ConversationEffect): void {
  step.effects.push(effect);
}

/** Reports a fact to captions, metrics and the log. */
export function emitFact(draft: Draft, fact: ConversationFact): void {
  emitEffect(draft, { do: 'fact', fact });
}

/** Takes the next id of this conversation. Each is given once. */
export function takeId(draft: Draft): Id {
  return draft.nextId++;
}

/** Forgets a turn. The queue is left alone: see `leaveQueue`. */
export function removeTurn(draft: Draft, turn: TurnState): void {
  draft.turns = draft.turns.filter((each) => each !== turn);
}

/** Takes a turn or announcement out of the queue, also as the current reply. */
export function leaveQueue({ turnQueue }: ConversationState, id: Id): void {
  if (turnQueue.current?.id === id) turnQueue.current = undefined;
  turnQueue.waiting = turnQueue.waiting.filter((waitingId) => waitingId !== id);
}

/** Returns whether the usual recogniser gets the sound of an utterance. */
export function isListenedTo({ recognition }: UtteranceState): boolean {
  return recognition !== 'off' && recognition !== 'unnamed';
}

/** Returns whether the transcript of an utterance is asked for, now or at its end. */
export function isRequested({ recognition }: UtteranceState): boolean {
  return recognition === 'deferred' || recognition === 'requested';
}

/** Keeps only some of the notes on the panel. */
export function filterPanelNotes(
  notes: Notes,
  isKept: (note: PanelNote) => boolean,
): void {
  notes.decided = notes.decided.filter(isKept);
  notes.dropped = notes.dropped.filter(isKept);
  notes.understood = notes.understood.filter(isKept);
}

/** Notes on the panel, for a while, that a person's turn got no answer. */
export function noteDroppedTurn({ notes, step }: Draft, by: PersonId): void {
  const { droppedMs, maxDropped } = step.rules.notes;
  const others = notes.dropped.filter((note) => note.by !== by);
  const dropped = [...others, { by, untilMs: step.atMs + droppedMs }];
  notes.dropped = dropped.slice(-maxDropped);
}

/** Forgets that a person's turn got no answer. */
export function forgetDroppedTurns(notes: Notes, by: PersonId): void {
  notes.dropped = notes.dropped.filter((note) => note.by !== by);
}

/** Notes on the panel, for a while, the words of a spoken turn. */
export function noteUnderstoodWords({ notes, step }: Draft, turn: TurnState): void {
  const { by, request } = turn;
  const text = joinTranscript(turn.parts);
  if (request !== undefined || text === '') return;
  const others = notes.understood.filter(
    (note) => note.by !== by || note.words !== text,
  );
  const untilMs = step.atMs + step.rules.notes.understoodMs;
  notes.understood = [...others, { by, words: text, untilMs }];
}

/** Notes the words of a decided utterance, while another microphone may still bring the same voice. */
export function noteDecidedWords(
  { notes, step }: Draft,
  by: PersonId,
  words: TimedWords,
): void {
  const untilMs = step.atMs + step.rules.notes.decidedMs;
  notes.decided = [...notes.decided, { by, untilMs, ...words }];
}

/** Tests whether the same voice was decided before, as heard by the microphone of another person. */
export function isDecidedVoice(notes: Notes, by: PersonId, words: TimedWords): boolean {
  return notes.decided.some((note) => note.by !== by && isSameVoice(note, words));
}

/** Notes a failure. Returns false if people were told of it since `forgetFailures`. */
export function rememberFailure(notes: Notes, failure: string): boolean {
  if (notes.failures.includes(failure)) return false;
  notes.failures = [...notes.failures, failure];
  return true;
}

/** Forgets the failures of these stages, so that people are told of the next one. */
export function forgetFailures(notes: Notes, ...stages: readonly string[]): void {
  notes.failures = notes.failures.filter((stage) => !stages.includes(stage));
}
