import {
  decideUtterance,
  type EndedUtterance,
  isAnsweredEarly,
  isLikelyWhole,
  type UtteranceDecision,
  type UtteranceFacts,
} from '#src/turn/answerable.ts';
import { addresseeOf, addressingRulesOf } from './addressing.ts';
import { change, type Draft } from './draft.ts';
import { currentTurn, isFree, isSpeaking, type OpenSpeech } from './questions.ts';
import type { ConversationState, PersonId, UtteranceState } from './state.ts';

/** Decision of `turn` about an utterance that has ended. It may open or close windows. */
export function decide(draft: Draft, { turn, utterance }: OpenSpeech): UtteranceDecision {
  const { rules, state } = draft;
  const ended: EndedUtterance = {
    ...factsOf(state, { turn, utterance }, utterance.words),
    hasGoneOn: turn.open.some(({ fromMs }) => fromMs > utterance.fromMs),
    overlapsReply: utterance.isOverlapping,
    isFarField: utterance.isFarField,
    unheardTurn: unheardTurnOf(state, turn.by),
  };
  const addressing = addressingRulesOf(state, rules);
  const decided = decideUtterance(ended, state.attention, addressing);
  change(draft, { attention: decided.addressing });
  return decided.decision;
}

/** Whether the answer to an utterance may begin in a pause of it. */
export function mayBegin(
  { rules, state }: Draft,
  speech: OpenSpeech,
  text: string | undefined,
  isFinal: boolean,
): boolean {
  const { isSparing, trustsPartials } = state.settings;
  const hasFree = isFree(state) && state.link.isUp && !isSparing;
  const isSettled = speech.turn.open.length === 1; // not while it is open whether the words before were meant
  const isWhole = isFinal || (trustsPartials && text !== undefined && isLikelyWhole(text));
  if (!hasFree || !isSettled || !isWhole) return false;
  const facts = factsOf(state, speech, text);
  return isAnsweredEarly(facts, state.attention, addressingRulesOf(state, rules));
}

function factsOf(
  state: ConversationState,
  { turn, utterance }: OpenSpeech,
  text: string | undefined,
): UtteranceFacts {
  const { evidence, fromMs, hints, isAlone, language } = utterance;
  return {
    ...addresseeOf(state, { by: turn.by, fromMs, isAlone }),
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
  if (!state.floor.current || isSpeaking(state)) return undefined;
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
