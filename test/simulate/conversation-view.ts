import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationState,
  CurrentReply,
  EarlyEnd,
  HistoryExchange,
  Id,
  TurnState,
} from '#src/conversation/machine/state.ts';
import type { ReplyFinish } from '#src/playback/reply/spoken-reply.ts';

// Every look of the simulation into the shape of the state.

export function isLinkUp({ link }: ConversationState): boolean {
  return link.kind === 'up';
}

/** Whether the link is up, closes, is being opened, or will be tried. */
export function isLinkTried({ link }: ConversationState, isOpening: boolean): boolean {
  return link.kind === 'opening' ? isOpening : link.kind !== 'gone';
}

/** Whether a reply is known to have been heard. */
export function isSounding(current: CurrentReply | undefined): boolean {
  return current !== undefined && current.phase.kind !== 'making';
}

/** Whether a reply is heard, and goes on at least to the end of its clause. */
export function isGoingOn(current: CurrentReply | undefined): boolean {
  return current?.phase.kind === 'sounding' || current?.phase.kind === 'finishing';
}

/** Whether a reply has begun, and no more sound of it has come. */
export function isStarving(current: CurrentReply | undefined): boolean {
  return current?.phase.kind === 'sounding' && current.phase.isStarved;
}

/** Whether nobody has ended a reply that is heard. */
export function isUnbroken(current: CurrentReply | undefined): boolean {
  return current?.phase.kind === 'sounding';
}

/** Whether a person is in the middle of a sentence. */
export function isAnybodyTalking({ turns }: ConversationState): boolean {
  return turns.some(({ open }) => open.some((one) => !one.isEnded));
}

/** Number of people in the channel besides bots. */
export function companyOf({ people }: ConversationState): number {
  return people.filter(({ isBot }) => !isBot).length;
}

/** Exchanges that an answer was shown which began in a step. */
export function shownExchanges(
  before: ConversationState,
  after: ConversationState,
): readonly HistoryExchange[] {
  const isKept = after.history.version === before.history.version;
  return (isKept ? before : after).history.exchanges;
}

export type OverTurn = { readonly turn: TurnState; readonly end: ReplyFinish | EarlyEnd };

/** Turns that ended in a step. */
export function overTurns(effects: readonly ConversationEffect[]): readonly OverTurn[] {
  return effects.flatMap((one) =>
    one.do === 'fact' && one.fact.kind === 'turn-over' ? [one.fact] : [],
  );
}

/** Turn whose answer this reply is. */
export function turnOfReply(state: ConversationState, reply: Id): TurnState | undefined {
  return state.turns.find(({ answer }) => answer?.id === reply);
}
