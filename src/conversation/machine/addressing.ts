import {
  type AddressEvent,
  type AddressingRules,
  type BotActivity,
  endsInQuestion,
  judge,
  needsWords as needsWordsBy,
  type SpeakerTurn,
  stepAddressing,
} from '#src/turn/addressing/addressing.ts';
import {
  decideUtterance,
  type EndedUtterance,
  isAnsweredEarly,
  isLikelyWhole,
  type UtteranceDecision,
  type UtteranceFacts,
} from '#src/turn/answerable.ts';
import type { EventOf } from './events.ts';
import {
  currentTurn,
  type Draft,
  hasRefused,
  isFree,
  isSpeaking,
  type OpenSpeech,
  standingOf,
} from './questions.ts';
import type { ConversationRules } from './rules.ts';
import type { ConversationState, UtteranceState } from './state.ts';

type Addressee = SpeakerTurn & { readonly present: readonly string[] };

/** Bot's name and mode as the rules of addressing take them. */
export function addressingRulesOf(
  { settings }: ConversationState,
  rules: ConversationRules,
): AddressingRules {
  const mode = settings.mode === 'captions' ? 'off' : settings.addressing;
  return { ...rules.addressing, mode, names: settings.names };
}

/** Speaker and audience of an utterance. A person who came later is no addressee of what began alone. */
function addresseeOf(
  { people }: ConversationState,
  by: PersonId,
  { fromMs, isAlone }: Pick<UtteranceState, 'fromMs' | 'isAlone'>,
): Addressee {
  const others = isAlone ? [] : people.filter(({ id, isBot }) => !isBot && id !== by);
  const isBot = people.some((one) => one.isBot && one.id === by);
  const present = others.map(({ name }) => name);
  return { speakerId: by, fromMs, isBot, humans: others.length + 1, present };
}

/** Whether captions or the bot need the words of an utterance. */
export function needsWords(draft: Draft, { turn, utterance }: OpenSpeech): boolean {
  const { by } = turn;
  const isAwaited = draft.confirmations.some((one) => one.presser === by && one.spoken === 'open');
  if (isAwaited) return true;
  const isTheirs = currentTurn(draft)?.by === by || turn.parts.length > 0;
  const activity: BotActivity = { speaks: isSpeaking(draft), isTheirs };
  const addressee = addresseeOf(draft, by, utterance);
  const rules = addressingRulesOf(draft, draft.rules);
  return needsWordsBy(draft.attention, addressee, activity, rules);
}

/** Whether a typed line is meant for the bot, as if it were said. */
export function isLineMeant(
  state: ConversationState,
  line: { readonly by: PersonId; readonly text: string; readonly atMs: number },
  rules: ConversationRules,
): boolean {
  const { atMs: fromMs, by, text } = line;
  const spoken = { ...addresseeOf(state, by, { fromMs, isAlone: false }), text };
  return judge(state.attention, spoken, addressingRulesOf(state, rules)).verdict.meant;
}

/** Opens the window of a person who pressed Ask. */
export function openWindow(draft: Draft, { by }: EventOf<'opened-window'>): void {
  if (standingOf(draft, by) !== 'yes') return;
  attend(draft, { kind: 'asked', personId: by, atMs: draft.atMs });
}

/** An answer to this person begins. */
export function noteAnswering(draft: Draft, by: PersonId): void {
  if (hasRefused(draft, by)) return;
  attend(draft, { kind: 'answering', personId: by, atMs: draft.atMs });
}

/** An answer to this person is over. */
export function noteAnswered(draft: Draft, personId: PersonId, heard: string): void {
  if (hasRefused(draft, personId)) return;
  const answered = { kind: 'answered', personId, atMs: draft.atMs } as const;
  attend(draft, { ...answered, endsInQuestion: endsInQuestion(heard) });
}

export function attend(draft: Draft, event: AddressEvent): void {
  const rules = addressingRulesOf(draft, draft.rules);
  draft.attention = stepAddressing(draft.attention, event, rules);
}

/** Decision of `turn` about an utterance that has ended. It may open or close windows. */
export function decide(draft: Draft, { turn, utterance }: OpenSpeech): UtteranceDecision {
  const ended: EndedUtterance = {
    ...factsOf(draft, { turn, utterance }, utterance.words),
    hasGoneOn: turn.open.some(({ fromMs }) => fromMs > utterance.fromMs),
    overlapsReply: utterance.isOverlapping,
    unheardTurn: unheardTurnOf(draft, turn.by),
  };
  const rules = addressingRulesOf(draft, draft.rules);
  const decided = decideUtterance(ended, draft.attention, rules);
  draft.attention = decided.addressing;
  return decided.decision;
}

/** Whether the answer to an utterance may begin in a pause of it. */
export function mayBegin(
  draft: Draft,
  speech: OpenSpeech,
  text: string | undefined,
  isFinal: boolean,
): boolean {
  const { isSparing, trustsPartials } = draft.settings;
  const hasFree = isFree(draft) && draft.link.kind === 'up' && !isSparing;
  const isSettled = speech.turn.open.length === 1; // not while it is open whether the words before were meant
  const isWhole = isFinal || (trustsPartials && text !== undefined && isLikelyWhole(text));
  if (!hasFree || !isSettled || !isWhole) return false;
  const rules = addressingRulesOf(draft, draft.rules);
  return isAnsweredEarly(factsOf(draft, speech, text), draft.attention, rules);
}

function factsOf(
  state: ConversationState,
  { turn, utterance }: OpenSpeech,
  text: string | undefined,
): UtteranceFacts {
  const { evidence, hints, language } = utterance;
  return {
    ...addresseeOf(state, turn.by, utterance),
    evidence,
    text,
    hints,
    goesOn: turn.parts.length > 0 || utterance.goesOn,
    mayConfirm: !utterance.isAmongSounds && awaitsYes(state, turn.by, utterance),
    language,
  };
}

/** Turn that is answered and not heard yet: of the speaker, or another one. */
function unheardTurnOf(state: ConversationState, by: PersonId): 'own' | 'other' | undefined {
  if (state.floor.current?.phase.kind !== 'making') return undefined;
  return currentTurn(state)?.by === by ? 'own' : 'other';
}

/** Whether a yes of this person in this time confirms a call. */
function awaitsYes(
  { confirmations }: ConversationState,
  by: PersonId,
  { fromMs, toMs }: Pick<UtteranceState, 'fromMs' | 'toMs'>,
): boolean {
  return confirmations.some(
    (one) =>
      one.spoken === 'open' && one.presser === by && fromMs >= one.fromMs && toMs <= one.toMs,
  );
}
