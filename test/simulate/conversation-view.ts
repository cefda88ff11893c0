import { getPhase, isListenedTo, isMuted } from '#src/conversation/machine/draft.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationState,
  Id,
  TurnEnd,
  TurnState,
} from '#src/conversation/machine/state.ts';

// Every look of the simulation into the shape of the state.

export function isLinkUp({ session }: ConversationState) {
  return session.connection.kind === 'up';
}

/** Whether the link is up, closes, is being opened, or will be tried. */
export function isLinkTried({ session }: ConversationState, isOpening: boolean) {
  const { connection } = session;
  return connection.kind === 'opening' ? isOpening : connection.kind !== 'gone';
}

export function isSessionOver({ session }: ConversationState) {
  return session.connection.kind === 'gone';
}

/** Phase of what has the floor; undefined where nothing has it. */
export function floorPhase(state: ConversationState) {
  return state.turnQueue.current && getPhase(state.turnQueue.current, state);
}

/** Utterances whose words are needed since this step, with their speakers. */
export function listNewlyHeard(
  stateBefore: ConversationState,
  stateAfter: ConversationState,
) {
  const listHeard = ({ turns }: ConversationState) =>
    turns.flatMap(({ by, openSpeech }) =>
      openSpeech.flatMap((utterance) =>
        isListenedTo(utterance) ? { id: utterance.id, by } : [],
      ),
    );
  const known = new Set(listHeard(stateBefore).map(({ id }) => id));
  return listHeard(stateAfter).filter(({ id }) => !known.has(id));
}

/** Whether a reply is known to have been heard. */
export function isSounding(state: ConversationState) {
  const phase = floorPhase(state);
  return phase !== undefined && phase !== 'making';
}

/** Whether a reply has begun, and no more sound of it has come. */
export function isStarving({ turnQueue }: ConversationState) {
  return (
    turnQueue.current?.phase.kind === 'sounding' && turnQueue.current.phase.isStarved
  );
}

/** Whether Discord lets nobody hear the bot. */
export function isBotMuted({ session }: ConversationState) {
  return isMuted(session);
}

/** Whether a person is in the middle of a sentence. */
export function isAnybodyTalking({ turns }: ConversationState) {
  return turns.some(({ openSpeech }) =>
    openSpeech.some((utteranceState) => !utteranceState.isEnded),
  );
}

/** Number of people in the channel besides bots. */
export function listCompany({ presence }: ConversationState) {
  return presence.people.filter(({ isBot }) => !isBot).length;
}

/** Exchanges that an answer was shown which began in a step. */
export function listNewExchanges(
  stateBefore: ConversationState,
  stateAfter: ConversationState,
) {
  const isKept = stateAfter.history.version === stateBefore.history.version;
  return (isKept ? stateBefore : stateAfter).history.exchanges;
}

export type OverTurn = {
  readonly turn: TurnState;
  readonly end: TurnEnd;
};

/** Turns that ended in a step. */
export function listOverTurns(effects: readonly ConversationEffect[]) {
  return effects.flatMap((effect) =>
    effect.do === 'fact' && effect.fact.kind === 'turn-over' ? [effect.fact] : [],
  );
}

/** Turn whose answer this reply is. */
export function findTurn(state: ConversationState, reply: Id) {
  return state.turns.find(({ answer }) => answer?.id === reply);
}

export function isQuiet({ turns }: ConversationState) {
  return turns.every(({ openSpeech }) => openSpeech.length === 0);
}

export function isBarred(state: ConversationState) {
  return isMuted(state.session) || isSessionOver(state);
}

export function findOverTurn(effect: ConversationEffect) {
  return effect.do === 'fact' && effect.fact.kind === 'turn-over'
    ? [effect.fact.turn.id]
    : [];
}

/** Whether a turn ended by itself in the same step, and its asker is told. */
export function isTurnFailure(effect: ConversationEffect, turn: Id) {
  if (effect.do !== 'fact' || effect.fact.kind !== 'turn-over') return false;
  const { end, turn: over } = effect.fact;
  return over.id === turn && (end === 'failed' || end === 'late');
}

/** Returns the letters and digits of a text in lower case, with one space between words. */
export function toPlain(text: string): string {
  return text
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}
