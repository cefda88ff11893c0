import type { PersonId } from '#src/base/ids.ts';
import {
  type AddressEvent,
  type AddressingRules,
  decideAddressing,
  endsInQuestion,
  findWordsNeed,
  isAnsweredForAnyWords,
  stepAddressing,
  type WordsNeed,
} from '#src/turn/addressing/addressing.ts';
import {
  decideSameVoice,
  decideUtterance,
  isLikelyComplete,
  shouldAnswerEarly,
  type UtteranceDecision,
  type UtteranceFacts,
} from '#src/turn/decide-utterance.ts';
import type { ConversationRules } from './conversation-rules.ts';
import {
  type Draft,
  type EventHandlers,
  findCurrentTurn,
  getStanding,
  hasRefused,
  isDecidedVoice,
  isListenedTo,
  isMuted,
  isQueueFree,
  isSpeaking,
  listOpenConfirmations,
  noteDecidedWords,
  type OpenSpeech,
} from './draft.ts';
import type { EventOf } from './events.ts';
import type {
  ConversationState,
  Presence,
  SessionSettings,
  ToolState,
  UtteranceTimes,
} from './state.ts';

type RuledState = ConversationState & {
  readonly step: Pick<Draft['step'], 'rules'>;
};

/** Handlers of the Ask button and of written notices, for `stepConversation`. */
export const addressingHandlers: Pick<EventHandlers, 'opened-window' | 'told'> = {
  /** Lets a short no count as an answer to written words of the bot. */
  told(draft, { atMs }) {
    draft.turnQueue.toldAtMs = atMs;
  },

  /** Lets a person who pressed Ask speak the next words without the bot's name. */
  'opened-window'(draft, { atMs, by }) {
    if (getStanding(draft.presence, by) !== 'yes') return;
    updateAttention(draft, { kind: 'asked', personId: by, atMs });
  },
};

/** Gets the rules of addressing under the settings of a session. */
export function getAddressingRules(
  { addressing, mode, names }: SessionSettings,
  rules: ConversationRules['addressing'],
): AddressingRules {
  return { ...rules, mode: mode === 'captions' ? 'off' : addressing, names };
}

function getDraftRules({ session, step }: RuledState) {
  return getAddressingRules(session.settings, step.rules.addressing);
}

function describeSpeech(
  { people }: Presence,
  by: PersonId,
  fromMs: number,
  isAlone: boolean,
) {
  // A latecomer is no addressee of words that began before.
  const others = isAlone ? [] : people.filter(({ id, isBot }) => !isBot && id !== by);
  const isBot = people.some((person) => person.isBot && person.id === by);
  const present = others.map(({ name }) => name);
  return { speakerId: by, fromMs, isBot, humans: others.length + 1, present };
}

/** Decides whether the words of an utterance may matter, so that recognition is worth its cost. */
export function findTranscriptNeed(
  draft: Draft,
  { turn, utterance }: OpenSpeech,
): WordsNeed {
  const { by } = turn;
  if (listOpenConfirmations(draft.tools, by).length > 0) return 'words';
  // In the modes `window` and `name`, most words outside a window cannot be for the bot.
  const isAnsweringSpeaker =
    findCurrentTurn(draft)?.by === by ||
    turn.parts.length > 0 ||
    utterance.continuesTurn ||
    turn.openSpeech.some((other) => other.id < utterance.id && isListenedTo(other));
  const isSounding =
    isSpeaking(draft.turnQueue) || draft.session.settings.hasTrackSound === true;
  const activity = { isSpeaking: isSounding, isAnsweringSpeaker };
  const { isAlone, times } = utterance;
  const addressee = describeSpeech(draft.presence, by, times.fromMs, isAlone);
  return findWordsNeed(draft.attention, addressee, activity, getDraftRules(draft));
}

/** Tests whether a line of the chat is for the bot, by the same rules as spoken words. */
export function isLineAddressed(
  { attention, presence, session }: ConversationState,
  {
    by,
    text,
    atMs,
  }: { readonly by: PersonId; readonly text: string; readonly atMs: number },
  rules: ConversationRules['addressing'],
): boolean {
  const spoken = { ...describeSpeech(presence, by, atMs, false), text };
  const addressing = getAddressingRules(session.settings, rules);
  return decideAddressing(attention, spoken, addressing).verdict.meant;
}

/** Notes that the bot is answering a person, whose further words then need no name. */
export function noteAnswerBegun(draft: Draft, by: PersonId): void {
  if (hasRefused(draft.presence, by)) return;
  updateAttention(draft, { kind: 'answering', personId: by, atMs: draft.step.atMs });
}

/** Opens a window for the asker, in which the next words need no name. */
export function noteAnswerOver(
  draft: Draft,
  personId: PersonId,
  heardText: string,
): void {
  if (hasRefused(draft.presence, personId)) return;
  const answered = { kind: 'answered', personId, atMs: draft.step.atMs } as const;
  updateAttention(draft, { ...answered, endsInQuestion: endsInQuestion(heardText) });
}

/** Updates the windows in which a person needs no name to address the bot. */
export function updateAttention(draft: Draft, event: AddressEvent): void {
  draft.attention = stepAddressing(draft.attention, event, getDraftRules(draft));
}

/** Decides on an ended utterance: words for the bot, a command or nothing. */
export function decideWords(draft: Draft, speech: OpenSpeech): UtteranceDecision {
  const { turn, utterance } = speech;
  const { evidence, words } = utterance.heard;
  const ended = describeUtterance(draft, speech, words);
  const decided = decideUtterance(ended, draft.attention, getDraftRules(draft));
  if (words !== undefined) {
    const { fromMs, toMs } = utterance.times;
    const timedWords = { fromMs, toMs, levelDb: evidence.meanLevelDb, words };
    if (isDecidedVoice(draft.notes, turn.by, timedWords))
      return decideSameVoice(decided.decision, ended.context);
    noteDecidedWords(draft, turn.by, timedWords);
  }
  draft.attention = decided.addressing;
  return decided.decision;
}

/** Decides on words that the local recogniser understood, without a turn. */
export function decideLocalWords(
  draft: Draft,
  { by, evidence, fromMs, hints, language, text }: EventOf<'local-words'>,
): UtteranceDecision {
  const facts = {
    ...describeSpeech(draft.presence, by, fromMs, false),
    evidence,
    text,
    hints,
    language,
    context: {
      goesOn: false,
      hasGoneOn: false,
      overlapsReply: isSpeaking(draft.turnQueue),
      followsBot: followsBot(draft, fromMs),
      unheardTurn: findUnheardTurn(draft, by),
    },
  };
  const decided = decideUtterance(facts, draft.attention, getDraftRules(draft));
  draft.attention = decided.addressing;
  return decided.decision;
}

/** Tests whether any words of a person among these people are meant for the bot. */
export function isSurelyMeant(
  { attention, presence, session }: ConversationState,
  by: PersonId,
  atMs: number,
  rules: ConversationRules['addressing'],
): boolean {
  const speaker = describeSpeech(presence, by, atMs, false);
  return isAnsweredForAnyWords(
    attention,
    speaker,
    getAddressingRules(session.settings, rules),
  );
}

/** Tests whether an answer may be begun before the end of the turn is decided. */
export function canPreempt(
  draft: RuledState,
  speech: OpenSpeech,
  text: string | undefined,
  isFinal: boolean,
): boolean {
  const { isSparing, trustsPartials } = draft.session.settings;
  const mayBegin =
    isQueueFree(draft) || (text !== undefined && canReplaceReply(draft, speech));
  const hasFree = mayBegin && draft.session.connection.kind === 'up' && !isSparing;
  const isSettled = speech.turn.openSpeech.length === 1; // Until the words before are decided, it is unknown whether these continue a turn.
  const isWhole =
    isFinal || (trustsPartials && text !== undefined && isLikelyComplete(text));
  if (!hasFree || !isSettled || !isWhole) return false;
  const facts = describeUtterance(draft, speech, text);
  return shouldAnswerEarly(facts, draft.attention, getDraftRules(draft));
}

/** Returns whether the asker's further question comes next if the reply ends where it is paused. */
function canReplaceReply(state: ConversationState, { turn }: OpenSpeech) {
  const { current, waiting } = state.turnQueue;
  const isHalted = current?.haltedAfter !== undefined;
  const isOwn = findCurrentTurn(state)?.by === turn.by;
  return isHalted && isOwn && waiting.length === 0 && !isMuted(state.session);
}

function describeUtterance(
  state: ConversationState,
  { turn, utterance }: OpenSpeech,
  text: string | undefined,
): UtteranceFacts {
  const { by, openSpeech } = turn;
  const { continuesTurn, isAlone, isOverlaid, isOverlapping, times } = utterance;
  const { evidence, hints, language } = utterance.heard;
  const { fromMs } = times;
  return {
    ...describeSpeech(state.presence, by, fromMs, isAlone),
    evidence,
    text,
    hints,
    language,
    context: {
      goesOn: turn.parts.length > 0 || continuesTurn,
      canConfirm: !isOverlaid && isYesAwaited(state.tools, by, times),
      hasGoneOn: openSpeech.some((each) => each.times.fromMs > fromMs),
      overlapsReply: isOverlapping,
      followsBot: isOverlapping || followsBot(state, fromMs),
      unheardTurn: findUnheardTurn(state, by),
      isWorking: state.tools.runs.length > 0,
    },
  };
}

/** Time after the bot spoke or wrote in which "not me" and "leave" are answers to it. */
const maxReplyMs = 10_000;

/** Tests whether words of an instant follow speech of the bot, or a question or notice that it wrote. */
export function followsBot({ turnQueue }: ConversationState, fromMs: number): boolean {
  return isSpeaking(turnQueue) || fromMs - turnQueue.toldAtMs <= maxReplyMs;
}

function findUnheardTurn(
  state: ConversationState,
  by: PersonId,
): 'own' | 'other' | undefined {
  if (state.turnQueue.current?.phase.kind !== 'making') return undefined;
  return findCurrentTurn(state)?.by === by ? 'own' : 'other';
}

function isYesAwaited(
  tools: ToolState,
  by: PersonId,
  { fromMs, toMs }: UtteranceTimes,
) {
  return listOpenConfirmations(tools, by).some(
    ({ spokenYes: open }) => open && fromMs >= open.fromMs && toMs <= open.toMs,
  );
}
