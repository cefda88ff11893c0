import type { ConversationEffect, ConversationFact } from './effects.ts';
import type { ConversationEvent } from './events.ts';
import type { ConversationRules } from './rules.ts';
import type { ConversationState, Floor, Id, PanelNotes, TurnState } from './state.ts';

/** One step in the making. The state before it is never changed. */
export type Draft = {
  state: ConversationState;
  readonly effects: ConversationEffect[];
  /** Events that follow from this one, such as a spoken no. They are handled in the same step. */
  readonly raised: ConversationEvent[];
  readonly rules: ConversationRules;
  readonly atMs: number;
};

export function change(draft: Draft, part: Partial<ConversationState>): void {
  draft.state = { ...draft.state, ...part };
}

export function emit(draft: Draft, effect: ConversationEffect): void {
  draft.effects.push(effect);
}

export function report(draft: Draft, fact: ConversationFact): void {
  emit(draft, { do: 'fact', fact });
}

export function newId(draft: Draft): Id {
  const id = draft.state.nextId;
  change(draft, { nextId: id + 1 });
  return id;
}

/** Replaces the former state of a turn, or adds the turn. */
export function putTurn(draft: Draft, turn: TurnState): void {
  const { turns } = draft.state;
  const isKnown = turns.some(({ id }) => id === turn.id);
  const replaced = turns.map((one) => (one.id === turn.id ? turn : one));
  change(draft, { turns: isKnown ? replaced : [...turns, turn] });
}

export function removeTurn(draft: Draft, id: Id): void {
  const turns = draft.state.turns.filter((one) => one.id !== id);
  change(draft, { turns });
}

export function changeFloor(draft: Draft, part: Partial<Floor>): void {
  const floor = { ...draft.state.floor, ...part };
  change(draft, { floor });
}

export function changeNotes(draft: Draft, part: Partial<PanelNotes>): void {
  const notes = { ...draft.state.notes, ...part };
  change(draft, { notes });
}

/** Takes a turn or a reading out of the floor. Its sound is the caller's to end. */
export function leaveFloor(draft: Draft, id: Id): void {
  const { current, queue, postponed } = draft.state.floor;
  changeFloor(draft, {
    current: current?.id === id ? undefined : current,
    queue: queue.filter((one) => one !== id),
    postponed: postponed.filter((one) => one !== id),
  });
}
